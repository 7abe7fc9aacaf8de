package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class BackOffTest {
  private final BackOff backOff = new BackOff();
  private long now = System.nanoTime();

  @Test
  void waits_double_up_to_half_a_minute_while_failures_follow_each_other() {
    List<Long> waits = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      waits.add(failure().toMillis());
    }

    assertThat(waits)
        .containsExactly(500L, 1000L, 2000L, 4000L, 8000L, 16_000L, 30_000L, 30_000L, 30_000L);
  }

  @Test
  void after_two_quiet_minutes_the_waits_begin_anew() {
    failure();
    failure();
    pass(Duration.ofSeconds(119));
    assertThat(failure()).isEqualTo(Duration.ofSeconds(2));

    pass(Duration.ofMinutes(2));

    assertThat(failure()).isEqualTo(Duration.ofMillis(500));
    assertThat(failure()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.SECONDS)
  void nobody_waits_once_it_has_ended() {
    for (int i = 0; i < 9; i++) {
      failure();
    }
    backOff.end();

    backOff.await();

    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void the_first_cause_is_what_people_are_told() {
    var first = new IllegalStateException("the disk is full");

    assertThat(BackOff.rootMessage(new RuntimeException("outer", new Exception("inner", first))))
        .isEqualTo("the disk is full");
  }

  private Duration failure() {
    return backOff.next(now);
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
