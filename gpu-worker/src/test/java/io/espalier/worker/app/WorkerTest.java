package io.espalier.worker.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.worker.kafka.UnreachableException;
import io.espalier.worker.stage.WorkerHome;
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
  void a_worker_without_a_broker_does_not_start_says_where_it_looked_and_gives_its_place_back()
      throws IOException {
    String nobody = "127.0.0.1:" + closedPort();
    WorkerConfig config =
        WorkerConfig.of(nobody, "http://" + nobody, "gpu", folder.resolve("work"))
            .withRegistry(SchemaRegistry.inMemory("worker"))
            .withClientProperties(
                Map.of("request.timeout.ms", "300", "default.api.timeout.ms", "400"));

    assertThatThrownBy(() -> Worker.start(config))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining(nobody);
    try (WorkerHome free = WorkerHome.open(folder.resolve("work"), "gpu")) {
      assertThat(free.jobs()).isEqualTo(folder.resolve("work/workers/0/jobs"));
    }
  }

  private static int closedPort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
