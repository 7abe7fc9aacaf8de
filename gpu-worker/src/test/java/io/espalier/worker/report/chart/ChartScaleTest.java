package io.espalier.worker.report.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

class ChartScaleTest {
  private static ChartScale of(double... values) {
    return ChartScale.of(DoubleStream.of(values), 5);
  }

  @Test
  void values_that_span_decades_have_a_mark_for_each_power_of_ten_and_one_for_zero() {
    ChartScale scale = of(0, 0.02, 0.5, 7);

    assertThat(scale).isInstanceOf(DecadeScale.class);
    assertThat(scale.values()).containsExactly(0.0, 0.01, 0.1, 1.0, 10.0);
    assertThat(scale.position(0)).isZero();
    assertThat(scale.position(0.01)).isCloseTo(0.1, within(1e-12));
    assertThat(scale.position(0.1)).isCloseTo(0.4, within(1e-12)); // of 3 decades in 0.9, the first
    assertThat(scale.position(10)).isCloseTo(1, within(1e-12));
    assertThat(scale.text(0.01)).isEqualTo("0.01");
    assertThat(scale.text(1e-5)).isEqualTo("1e−5");
  }

  @Test
  void values_of_the_same_order_and_negative_ones_are_on_an_even_scale() {
    assertThat(of(0, 0.02, 0.5)).isInstanceOf(Ticks.class);
    assertThat(of(-1, 0.001, 7)).isInstanceOf(Ticks.class);
    assertThat(of()).isInstanceOf(Ticks.class);
    assertThat(of(0, 0)).isInstanceOf(Ticks.class);
  }

  @Test
  void what_is_too_small_to_be_told_apart_lies_with_zero() {
    ChartScale scale = of(1e-12, 1);

    assertThat(scale.values()).hasSize(8).startsWith(0.0, 1e-6).endsWith(1.0);
    assertThat(scale.position(1e-12)).isZero();
  }
}
