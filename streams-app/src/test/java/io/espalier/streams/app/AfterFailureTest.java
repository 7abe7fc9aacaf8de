package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.stage.StageDeclarations;
import io.espalier.streams.topology.TopologySettings.Outside;
import io.espalier.streams.wire.CoordinatorTopics;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.FutureTask;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator that never gets to work, and what it does when a thread fails. */
final class AfterFailureTest {
  private static final InputProgress.Offsets NOTHING =
      new InputProgress.Offsets() {
        @Override
        public Map<TopicPartition, Long> ends() {
          return Map.of();
        }

        @Override
        public Map<TopicPartition, Long> processed() {
          return Map.of();
        }
      };

  @TempDir private Path directory;
  private Coordinator coordinator;

  @BeforeEach
  void create() {
    var config =
        CoordinatorConfig.of(
            "127.0.0.1:1",
            SchemaRegistry.inMemory("after-failure"),
            directory,
            URI.create("file:///artifacts/"));
    Properties properties = StreamsSettings.of(config);
    var outside =
        new Outside(
            pool -> true,
            new InputProgress(NOTHING, InstantSource.system()),
            (partition, since) -> List.of(),
            () -> "token");
    var topology =
        Coordinator.topology(
            new CoordinatorTopics(config.topics()),
            Coordinator.settings(config, StageDeclarations.standard(), 1, outside),
            properties);
    var admin = Admin.create(properties);
    var check = new TopicCheck(admin, config.topics(), config.registry());
    var lookout = new BrokerLookups(admin, config.applicationId(), check, 1);
    coordinator = new Coordinator(new KafkaStreams(topology, properties), lookout);
  }

  @AfterEach
  void close() {
    coordinator.close();
  }

  @Test
  void a_failure_that_may_pass_costs_one_thread_and_leaves_no_error() {
    var passing = new StreamsException("a task failed", new TimeoutException("no answer"));

    assertThat(coordinator.afterFailure(passing))
        .isEqualTo(StreamThreadExceptionResponse.REPLACE_THREAD);

    coordinator.close();
    assertThatCode(coordinator::awaitStopped).doesNotThrowAnyException();
  }

  @Test
  void a_failure_that_stays_stops_the_coordinator_which_says_why() {
    var staying = new StreamsException("a task failed", new IllegalStateException("a mistake"));

    assertThat(coordinator.afterFailure(staying))
        .isEqualTo(StreamThreadExceptionResponse.SHUTDOWN_CLIENT);

    coordinator.close();
    assertThatThrownBy(coordinator::awaitStopped)
        .isInstanceOf(CoordinatorException.class)
        .hasMessageContaining("a mistake")
        .hasCause(staying);
  }

  /** A wait with a limit, however long, would be a timed one. */
  @Test
  @Timeout(30)
  void a_start_is_waited_for_without_a_limit_until_the_coordinator_is_closed() throws Exception {
    var wait =
        new FutureTask<>(
            () -> {
              coordinator.awaitRunning();
              return "running";
            });
    var thread = new Thread(wait, "waits-for-start");

    thread.start();

    while (thread.getState() != Thread.State.WAITING) {
      assertThat(thread.getState()).isNotIn(Thread.State.TIMED_WAITING, Thread.State.TERMINATED);
      Thread.onSpinWait();
    }
    coordinator.close();
    assertThatThrownBy(wait::get)
        .hasCauseInstanceOf(CoordinatorException.class)
        .hasMessageContaining("the coordinator stopped");
  }
}
