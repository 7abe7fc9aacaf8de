package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class CosineScheduleTest {
  @Test
  void the_rate_rises_in_a_line_and_falls_along_a_cosine() {
    var schedule = new CosineSchedule(0.8, 3, 11);

    assertThat(schedule.at(0)).isCloseTo(0.2, within(1e-12));
    assertThat(schedule.at(1)).isCloseTo(0.4, within(1e-12));
    assertThat(schedule.at(2)).isCloseTo(0.6, within(1e-12));
    assertThat(schedule.at(3)).isCloseTo(0.8, within(1e-12));
    assertThat(schedule.at(5)).isCloseTo(0.4 * (1 + Math.sqrt(0.5)), within(1e-12));
    assertThat(schedule.at(7)).isCloseTo(0.4, within(1e-12));
    assertThat(schedule.at(11)).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_schedule_without_steps_after_its_warm_up_is_refused() {
    assertThatThrownBy(() -> new CosineSchedule(0.1, 5, 5)).hasMessageContaining("5 of 5");
  }
}
