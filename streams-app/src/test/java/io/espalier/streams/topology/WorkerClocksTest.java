package io.espalier.streams.topology;

import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WorkerClocksTest {
  private static final Duration BETWEEN = Duration.ofSeconds(5);

  private final WorkerClocks clocks = new WorkerClocks();
  private final List<Duration> told = new ArrayList<>();
  private Instant now = START;

  @Test
  void a_clock_that_is_off_for_half_a_minute_is_told_once_an_hour() {
    hear(Duration.ofMinutes(10), Duration.ofSeconds(29));
    assertThat(told).isEmpty();

    hear(Duration.ofMinutes(10), Duration.ofMinutes(61));

    assertThat(told).containsExactly(Duration.ofMinutes(10), Duration.ofMinutes(10));
  }

  @Test
  void a_clock_that_is_behind_is_told_as_the_least_that_explains_it() {
    hear(Duration.ofMinutes(-10), Duration.ofMinutes(1));

    assertThat(told).containsExactly(Duration.ofMinutes(-10).plusSeconds(2));
  }

  @Test
  void seconds_bother_nobody() {
    hear(Duration.ofSeconds(5), Duration.ofMinutes(10));
    hear(Duration.ofSeconds(-7), Duration.ofMinutes(10)); // which may be those since the last look

    assertThat(told).isEmpty();
  }

  @Test
  void heartbeats_that_waited_for_a_broker_and_come_at_once_accuse_no_clock() {
    for (int i = 0; i < 60; i++) {
      beat(now.minusSeconds(300 - 5 * i));
    }
    hear(Duration.ZERO, Duration.ofMinutes(2));

    assertThat(told).isEmpty();
  }

  @Test
  void a_heartbeat_of_which_nothing_is_known_says_nothing() {
    for (int i = 0; i < 60; i++) {
      clocks.heard("w1", now.minusSeconds(3_600), Instant.EPOCH, now).ifPresent(told::add);
      now = now.plus(BETWEEN);
    }

    assertThat(told).isEmpty();
  }

  /** Heartbeats of a worker whose clock is so much ahead, for a time. */
  private void hear(Duration ahead, Duration time) {
    Instant end = now.plus(time);
    for (; !now.isAfter(end); now = now.plus(BETWEEN)) {
      beat(now.plus(ahead));
    }
  }

  /** Where topics end was looked up two seconds ago. */
  private void beat(Instant said) {
    clocks.heard("w1", said, now.minusSeconds(2), now).ifPresent(told::add);
  }
}
