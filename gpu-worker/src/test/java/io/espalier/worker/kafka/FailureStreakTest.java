package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FailureStreakTest {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final FailureStreak streak = new FailureStreak(() -> now);

  @Test
  void two_failures_in_a_row_are_no_problem_and_three_are() {
    fail(2);
    assertThat(streak.problem()).isEmpty();

    streak.failed("the disk is full");

    assertThat(streak.problem().orElseThrow())
        .contains("3 stages in a row", "2026-01-01T00:10:00Z", "the disk is full");
  }

  @Test
  void a_success_between_them_begins_a_new_streak() {
    fail(2);
    streak.succeeded();
    fail(2);

    assertThat(streak.problem()).isEmpty();
  }

  @Test
  void after_ten_minutes_work_is_taken_again_and_one_more_failure_ends_that() {
    fail(3);

    now = now.plus(Duration.ofMinutes(10)).minusMillis(1);
    assertThat(streak.problem()).isPresent();
    now = now.plusMillis(1);
    assertThat(streak.problem()).isEmpty();

    fail(1);
    assertThat(streak.problem()).isPresent();
  }

  @Test
  void a_success_of_another_slot_ends_the_pause() {
    fail(3);

    streak.succeeded();

    assertThat(streak.problem()).isEmpty();
  }

  private void fail(int times) {
    for (int i = 0; i < times; i++) {
      streak.failed("a process died");
    }
  }
}
