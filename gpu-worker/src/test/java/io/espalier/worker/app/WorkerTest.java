package io.espalier.worker.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.job.WorkerHome;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkerTest {
  @TempDir Path folder;

  @Test
  void a_worker_that_does_not_start_says_why_and_gives_its_place_back() {
    WorkerConfig config = config("nobody");

    assertThatThrownBy(() -> Worker.start(config))
        .isInstanceOf(KafkaException.class)
        .rootCause()
        .hasMessageContaining("nobody");
    try (WorkerHome free = WorkerHome.open(folder.resolve("work"), "gpu")) {
      assertThat(free.jobs()).isEqualTo(folder.resolve("work/workers/0/jobs"));
    }
  }

  @Test
  void slots_whose_heaps_do_not_fit_this_machine_are_refused_at_the_start() {
    WorkerConfig config = config("nobody").withSlots(1_000_000);

    assertThatThrownBy(() -> Worker.start(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("1000000 slots");
  }

  @Test
  void properties_of_the_clients_may_concern_security_and_nothing_else() {
    WorkerConfig config = config("127.0.0.1:1");

    assertThat(config.withClientProperties(Map.of("security.protocol", "SSL")).clients())
        .containsEntry("security.protocol", "SSL");
    assertThatThrownBy(() -> config.withClientProperties(Map.of("enable.idempotence", "false")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found enable.idempotence");
  }

  private WorkerConfig config(String brokers) {
    return WorkerConfig.of(brokers, "http://127.0.0.1:1", "gpu", folder.resolve("work"))
        .withRegistry(SchemaRegistry.inMemory("worker"));
  }
}
