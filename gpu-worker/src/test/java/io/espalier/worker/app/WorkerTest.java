package io.espalier.worker.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.worker.kafka.UnreachableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkerTest {
  @TempDir Path folder;

  @Test
  void a_worker_without_a_broker_does_not_start_and_says_where_it_looked() throws IOException {
    String nobody = "127.0.0.1:" + closedPort();
    WorkerConfig config =
        WorkerConfig.of(nobody, "http://" + nobody, "gpu", folder.resolve("work"))
            .withRegistry(SchemaRegistry.inMemory("worker"))
            .withClientProperties(
                Map.of("request.timeout.ms", "300", "default.api.timeout.ms", "400"));

    assertThatThrownBy(() -> Worker.start(config))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining(nobody);
    assertThat(folder.resolve("work")).doesNotExist();
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
