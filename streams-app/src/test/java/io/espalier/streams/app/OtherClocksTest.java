package io.espalier.streams.app;

import static io.espalier.streams.app.Driven.model;
import static io.espalier.streams.app.Driven.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.StageCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cases of workers whose clocks, and so the times of whose records, are not the coordinator's. */
final class OtherClocksTest {
  @TempDir private Path directory;
  private Driven driven;

  @BeforeEach
  void start() {
    driven = new Driven(directory);
    driven.apply(policy("small"));
  }

  @AfterEach
  void stop() {
    driven.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, -10, 24 * 60, -24 * 60})
  void a_worker_whose_clock_is_minutes_off_gets_work(int minutesAhead) {
    driven.workersAhead = Duration.ofMinutes(minutesAhead);
    driven.heartbeat("w1", 1);

    driven.register(model("net"));

    StageCommand command = driven.commands().get(0);
    driven.started(command, "w1");
    driven.succeeded(command, "w1");
    assertThat(driven.pruned()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, -10})
  void a_worker_is_dead_after_thirty_seconds_of_silence_whatever_its_clock_says(int minutesAhead) {
    driven.workersAhead = Duration.ofMinutes(minutesAhead);
    driven.heartbeat("w1", 1);
    driven.wait(Duration.ofSeconds(30));

    driven.register(model("net"));
    assertThat(driven.commands()).isEmpty();

    driven.heartbeat("w1", 1);
    assertThat(driven.commands()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 10, -10})
  void a_heartbeat_from_a_backlog_is_as_old_as_it_may_be(int minutesAhead) {
    driven.workersAhead = Duration.ofMinutes(minutesAhead);
    driven.register(model("net"));
    driven.writtenSince = Optional.of(Driven.START.minusSeconds(30));
    driven.heartbeat("w1", 1);
    assertThat(driven.commands()).isEmpty();
    driven.writtenSince = Optional.of(Instant.EPOCH);
    driven.heartbeat("w1", 1);
    assertThat(driven.commands()).isEmpty();

    driven.writtenSince = Optional.of(Driven.START.minusSeconds(29));
    driven.heartbeat("w1", 1);

    assertThat(driven.commands()).hasSize(1);
  }

  @Test
  void what_a_worker_with_another_clock_holds_takes_its_slot() {
    driven.workersAhead = Duration.ofMinutes(-10);
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    StageCommand command = driven.commands().get(0);
    driven.heartbeat("default", "w1", 1, List.of(command));

    driven.register(model("other"));
    assertThat(driven.commands()).isEmpty();

    driven.succeeded(command, "w1");
    driven.heartbeat("w1", 1);
    assertThat(driven.commands()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, -10})
  void a_policy_that_comes_late_meets_the_registrations_of_those_who_share_its_clock(int ahead) {
    Instant theirs = Driven.START.plus(Duration.ofMinutes(ahead));
    driven.heartbeat("w1", 2);
    driven.registerAt(theirs, model("net"));
    driven.registerAt(theirs.minusSeconds(2), model("before"));
    assertThat(driven.commands()).hasSize(2);
    driven.heartbeat("w1", 10);
    driven.commands();

    driven.applyAt(theirs.minusSeconds(1), policy("late"));
    driven.wait(Duration.ofSeconds(1));

    assertThat(driven.runRecords())
        .filteredOn(run -> run.value().getPolicyName().equals("late"))
        .extracting(run -> run.value().getModelName())
        .containsExactly("net");
  }
}
