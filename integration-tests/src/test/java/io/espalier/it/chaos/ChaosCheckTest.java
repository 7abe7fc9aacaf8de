package io.espalier.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.event.RunState;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The check passes what is good and finds each thing that is not. */
class ChaosCheckTest {
  private static final ChaosCheck CHECK = new ChaosCheck(Set.of("a", "b"), Duration.ofSeconds(20));

  private final WrittenHistory history =
      new WrittenHistory().undisturbed("a", 0, 20).undisturbed("b", 30, 20);

  @Test
  void what_nothing_disturbed_is_good() {
    assertThat(problems()).isEmpty();
    assertThat(CHECK.busyShare(history.read())).isCloseTo(1.01, within(1e-9));
    assertThat(CHECK.isOver(history.runs())).isTrue();
    assertThat(CHECK.figures(history.read()))
        .contains("published      2 of 2", "starts         2", "busy           40.4 s for 40.0 s")
        .contains("redeliveries   0; median -");
  }

  @Test
  void a_stage_that_another_worker_goes_on_with_is_good() {
    var resumed =
        new WrittenHistory()
            .undisturbed("b", 30, 20)
            .state("a", RunState.RUNNING)
            .started("a", "w1", 0)
            .steps("a", "w1", 0, 0, 10) // killed after that
            .started("a", "w2", 11.3)
            .steps("a", "w2", 11.5, 10, 20)
            .succeeded("a", "w2", 21.6)
            .state("a", RunState.PUBLISHED)
            .prune("a");

    assertThat(CHECK.problems(resumed.read())).isEmpty();
    BusyTime busy = BusyTime.of(resumed.read().stageEvents());
    assertThat(busy.redeliveries()).containsExactly(Duration.ofMillis(1_300));
    assertThat(busy.starts()).isEqualTo(3);
    assertThat(busy.total()).isEqualTo(Duration.ofMillis(20_200 + 10_000 + 10_300));
  }

  @Test
  void a_model_that_is_not_published_is_found() {
    var check = new ChaosCheck(Set.of("a", "b", "c"), Duration.ofSeconds(20));

    assertThat(check.problems(history.read())).containsExactly("c was not published");
    assertThat(check.isOver(history.runs())).isFalse();
  }

  @Test
  void a_model_that_is_published_twice_is_found() {
    history.prune("a");

    assertThat(problems()).containsExactly("a was published 2 times");
  }

  @Test
  void a_model_that_nobody_registered_is_found() {
    history.prune("z");

    assertThat(problems()).containsExactly("z was published, but never registered");
  }

  @Test
  void a_run_that_ends_otherwise_is_found() {
    history.state("run-2", "b", RunState.FAILED).reject("b", "gave up");

    assertThat(problems())
        .containsExactlyInAnyOrder(
            "run run-2 of b is FAILED: null", "b has 2 runs", "b was rejected: gave up");
  }

  @Test
  void a_run_that_does_not_end_is_found_and_not_over() {
    history.state("run-2", "b", RunState.RUNNING);

    assertThat(problems()).contains("run run-2 of b is RUNNING: null");
    assertThat(CHECK.isOver(history.runs())).isFalse();
  }

  @Test
  void a_run_that_changes_after_its_end_is_found() {
    history.state("a", RunState.RUNNING).state("a", RunState.PUBLISHED);

    assertThat(problems()).containsExactly("run run-of-a of a was published and then RUNNING");
  }

  @Test
  void a_dead_letter_is_found() {
    history.deadLetter("chaos.stage-events: no Avro");

    assertThat(problems()).containsExactly("dead letter from chaos.stage-events: no Avro");
  }

  @Test
  void work_that_two_workers_do_at_once_is_found() {
    history.started("a", "w2", 4).steps("a", "w2", 4, 4, 20);

    assertThat(problems())
        .containsExactly("workers were busy 1.41 times as long as needed; at most 1.30 are wanted");
  }

  @Test
  void work_that_is_begun_anew_after_each_failure_is_found() {
    history.started("b", "w1", 0).steps("b", "w1", 0, 0, 12).failed("b", "w1", 12.5);

    assertThat(problems()).singleElement().asString().startsWith("workers were busy 1.32 times");
  }

  @Test
  void a_worker_that_was_frozen_was_not_busy_but_one_that_was_not_heard_was() {
    var frozen =
        new WrittenHistory()
            .started("a", "w1", 0)
            .progressed("a", "w1", 1, 1)
            .progressed("a", "w1", 31, 2)
            .read();
    var unheard =
        new WrittenHistory()
            .started("a", "w1", 0)
            .progressed("a", "w1", 1, 1)
            .progressed("a", "w1", 16, 16)
            .read();

    assertThat(BusyTime.of(frozen.stageEvents()).total()).isEqualTo(Duration.ofSeconds(4));
    assertThat(BusyTime.of(unheard.stageEvents()).total()).isEqualTo(Duration.ofSeconds(16));
  }

  @Test
  void a_worker_that_says_farewell_leaves_no_redelivery() {
    var failed =
        new WrittenHistory()
            .started("a", "w1", 0)
            .failed("a", "w1", 5)
            .started("a", "w2", 40)
            .read();

    assertThat(BusyTime.of(failed.stageEvents()).redeliveries()).isEmpty();
  }

  private List<String> problems() {
    return CHECK.problems(history.read());
  }
}
