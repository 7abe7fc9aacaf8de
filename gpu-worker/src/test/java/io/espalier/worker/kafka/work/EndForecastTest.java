package io.espalier.worker.kafka.work;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.StageProgressed;
import io.espalier.worker.domain.job.StageKind;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class EndForecastTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final EndForecast forecast = new EndForecast();

  @Test
  void publishing_is_the_end() {
    assertThat(near(Duration.ZERO, at("publishing", null))).isTrue();
  }

  @Test
  void without_any_knowledge_it_is_not_near() {
    assertThat(near(Duration.ofHours(9), at("searching", null))).isFalse();
  }

  @Test
  void the_first_of_its_kind_is_judged_by_the_time_left_in_its_phase() {
    assertThat(near(MINUTE, at("training", 31_000L))).isFalse();
    assertThat(near(MINUTE, at("training", 29_000L))).isTrue();
  }

  @Test
  void later_ones_are_judged_by_how_long_the_last_one_took() {
    forecast.took(StageKind.PRUNE, Duration.ofMinutes(40));

    assertThat(near(Duration.ofMinutes(39), at("scoring", 1_000L))).isFalse();
    assertThat(near(Duration.ofMinutes(39).plusSeconds(30), at("scoring", 1_000L))).isTrue();
    assertThat(near(Duration.ofMinutes(39).plusSeconds(30), at("scoring", null))).isTrue();
    assertThat(near(Duration.ofMinutes(50), at("training", 600_000L))).isFalse();
  }

  @Test
  void behind_short_stages_the_next_one_is_asked_for_at_once() {
    forecast.took(StageKind.PRUNE, Duration.ofSeconds(2));

    assertThat(near(Duration.ZERO, at("preparing", null))).isTrue();
  }

  private boolean near(Duration elapsed, StageProgressed now) {
    return forecast.isNear(StageKind.PRUNE, elapsed, now);
  }

  private static StageProgressed at(String phase, Long etaMillis) {
    return new StageProgressed(phase, 1L, 2L, etaMillis, Map.of());
  }
}
