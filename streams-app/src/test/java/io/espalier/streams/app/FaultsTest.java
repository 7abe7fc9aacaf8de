package io.espalier.streams.app;

import static io.espalier.streams.app.Driven.model;
import static io.espalier.streams.app.Driven.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.FailureKind;
import io.espalier.event.StageCommand;
import io.espalier.schemas.TransientFailures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cases of faults: one that is nobody's stops the thread; one run's harms no other. */
final class FaultsTest {
  @TempDir private Path directory;
  private Driven driven;

  @BeforeEach
  void start() {
    driven = new Driven(directory);
    driven.apply(policy("small"));
    driven.heartbeat("w1", 2);
  }

  @AfterEach
  void stop() {
    driven.close();
  }

  @Test
  void a_registry_that_does_not_answer_stops_the_thread_and_blames_no_record() {
    try (Driven alone = Driven.withoutRegistry(directory.resolve("alone"))) {
      byte[] ofSomeSchema = {0, 0, 0, 0, 1, 2, 2};

      assertThatThrownBy(
              () -> alone.sendBytes(alone.topics.modelRegistered().name(), "net", ofSomeSchema))
          .matches(TransientFailures::include, "is a failure that passes");

      assertThat(alone.deadLetters()).isEmpty();
    }
  }

  @Test
  void a_run_that_fails_when_its_time_has_come_costs_no_other_run_its_time() {
    driven.register(model("broken"));
    driven.register(model("sound"));
    List<StageCommand> commands = driven.commands();
    commands.forEach(command -> driven.failed(command, FailureKind.RESOURCE, true));
    driven.keepAtNoStage(commands.get(0).getRunId());

    driven.wait(Duration.ofSeconds(30));
    driven.heartbeat("w1", 2);

    assertThat(driven.commands())
        .extracting(StageCommand::getRunId)
        .containsExactly(commands.get(1).getRunId());
  }

  @Test
  void runs_that_wait_and_workers_that_are_silent_are_counted() {
    driven.register(model("net"));
    driven.wait(Duration.ofMinutes(9));
    assertThat(driven.metric("waiting-runs")).isEqualTo(0);
    driven.wait(Duration.ofMinutes(3));
    assertThat(driven.metric("waiting-runs")).isEqualTo(1);

    StageCommand command = driven.commands().get(0);
    driven.started(command, "w1");
    driven.wait(Duration.ofMinutes(4));
    assertThat(driven.metric("waiting-runs")).isEqualTo(0);
    assertThat(driven.metric("silent-runs")).isEqualTo(1);

    driven.progressed(command, "w1");
    driven.wait(Duration.ofMinutes(1));
    assertThat(driven.metric("silent-runs")).isEqualTo(0);
  }

  @Test
  void what_waits_to_be_read_is_no_silence() {
    driven.register(model("net"));
    driven.started(driven.commands().get(0), "w1");
    driven.heardUntil = Driven.START.plus(Duration.ofMinutes(1));

    driven.wait(Duration.ofMinutes(20));

    assertThat(driven.metric("silent-runs")).isEqualTo(0);
  }
}
