package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class MeasurementTest {
  @Test
  void rates_change_by_points_losses_by_a_difference_and_costs_by_percent() {
    String table =
        Measurement.table(
            List.of(
                of("accuracy", "fraction", 0.5, 0.49),
                of("agreement", "fraction", 0, 0.25),
                of("loss", "nats", 0.2, 0.25),
                of("flops", "count", 2000, 1500),
                of("latencyMillis", "milliseconds", 4, 3)));

    assertThat(table.lines().skip(1))
        .satisfiesExactly(
            line -> assertThat(line).endsWith(" -1.00 pp"),
            line -> assertThat(line).endsWith(" +25.00 pp"),
            line -> assertThat(line).endsWith(" +0.050"),
            line -> assertThat(line).endsWith(" -25.0 %"),
            line -> assertThat(line).endsWith(" -25.0 %"));
  }

  private static Measurement of(String name, String unit, double before, double after) {
    return new Measurement(name, unit, OptionalDouble.of(before), OptionalDouble.of(after));
  }
}
