package io.espalier.worker.algorithm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.train.LearningRate.Schedule;
import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void the_rate_rises_in_a_line_and_falls_along_a_cosine() {
    var rate = new LearningRate(Schedule.COSINE, 0.8, 3 / 11.0);

    assertThat(at(rate, 0, 11)).isCloseTo(0.2, within(1e-12));
    assertThat(at(rate, 1, 11)).isCloseTo(0.4, within(1e-12));
    assertThat(at(rate, 2, 11)).isCloseTo(0.6, within(1e-12));
    assertThat(at(rate, 3, 11)).isCloseTo(0.8, within(1e-12));
    assertThat(at(rate, 5, 11)).isCloseTo(0.4 * (1 + Math.sqrt(0.5)), within(1e-12));
    assertThat(at(rate, 7, 11)).isCloseTo(0.4, within(1e-12));
    assertThat(at(rate, 11, 11)).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_constant_rate_stays_and_a_linear_one_falls_in_a_line() {
    assertThat(at(new LearningRate(Schedule.CONSTANT, 0.3, 0), 9, 10)).isEqualTo(0.3);
    var linear = new LearningRate(Schedule.LINEAR, 0.8, 0.2);

    assertThat(at(linear, 2, 10)).isCloseTo(0.8, within(1e-12));
    assertThat(at(linear, 6, 10)).isCloseTo(0.4, within(1e-12));
    assertThat(at(linear, 10, 10)).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_rate_that_is_stable_falls_in_the_last_fifth() {
    var rate = new LearningRate(Schedule.WSD, 0.5, 0.1);

    assertThat(at(rate, 10, 100)).isCloseTo(0.5, within(1e-12));
    assertThat(at(rate, 79, 100)).isCloseTo(0.5, within(1e-12));
    assertThat(at(rate, 90, 100)).isCloseTo(0.25, within(1e-12));
    assertThat(at(rate, 100, 100)).isCloseTo(0, within(1e-12));
  }

  @Test
  void a_rate_without_steps_after_its_warm_up_is_refused() {
    assertThatThrownBy(() -> new LearningRate(Schedule.COSINE, 0.1, 1))
        .hasMessageContaining("warmup");
    assertThatThrownBy(() -> new LearningRate(Schedule.COSINE, 0, 0))
        .hasMessageContaining("learningRate");
  }

  private static double at(LearningRate rate, int step, int total) {
    return rate.at((double) step / total, 1.0 / total);
  }
}
