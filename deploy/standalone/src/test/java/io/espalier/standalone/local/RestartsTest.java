package io.espalier.standalone.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RestartsTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  private final Restarts restarts = new Restarts();

  @Test
  void pauses_grow_and_in_the_end_it_is_of_no_use() {
    List<Long> pauses = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Instant end = NOON.plusSeconds(i);
      pauses.add(Duration.between(end, restarts.afterEnd(end).orElseThrow()).toSeconds());
    }

    assertThat(pauses).containsExactly(0L, 1L, 2L, 4L, 8L, 16L, 30L, 30L);
    assertThat(restarts.afterEnd(NOON.plusSeconds(9))).isEmpty();
  }

  @Test
  void ends_that_are_long_past_count_no_more() {
    for (int i = 0; i < 100; i++) {
      Instant end = NOON.plus(Duration.ofMinutes(11L * i));
      assertThat(restarts.afterEnd(end)).contains(end);
    }
  }
}
