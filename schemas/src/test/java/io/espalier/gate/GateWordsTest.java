package io.espalier.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GateWordsTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "f1 | fraction | MAX_DEGRADATION | 0.02 | -0.058974358974358966 | f1 maxDegradation 2.00"
            + " pp: better by 5.90 pp",
        "f1 | fraction | MAX_DEGRADATION | 0.02 | 0.0803 | f1 maxDegradation 2.00 pp: worse by 8.03"
            + " pp",
        "f1 | fraction | MAX_DEGRADATION | 0.02 | 0 | f1 maxDegradation 2.00 pp: unchanged",
        "f1 | fraction | MAX_DEGRADATION | 0.02 | 0.020004 | f1 maxDegradation 2.0000 pp: worse by"
            + " 2.0004 pp",
        "accuracy | fraction | THRESHOLD | 0.9 | 0.87104 | accuracy threshold 90.00 %: measured"
            + " 87.10 %",
        "accuracy | fraction | PERCENT_MAX_DEGRADATION | 1 | 11.0765 | accuracy"
            + " percentMaxDegradation 1.00 %: worse by 11.08 %",
        "loss | nats | MAX_DEGRADATION | 0.1 | 0.31120000001 | loss maxDegradation 0.1 nats: worse"
            + " by 0.311 nats",
        "perplexity | tokens | THRESHOLD | 20 | 1234.5678 | perplexity threshold 20 tokens:"
            + " measured 1,234.568 tokens",
        "latencyMillis | milliseconds | THRESHOLD | 5 | 4.7139 | latencyMillis threshold 5 ms:"
            + " measured 4.714 ms",
        "latencyMillis | milliseconds | MIN_SPEEDUP | 2 | 1.158680 | latencyMillis minSpeedup 2.00"
            + " times: measured 1.16 times",
        "bytes | bytes | MAX_BYTES | 600000 | 635896 | bytes maxBytes 600,000 bytes: measured"
            + " 635,896 bytes",
        "parameters | count | THRESHOLD | 100000 | 154298 | parameters threshold 100,000: measured"
            + " 154,298",
        "loss | nats | THRESHOLD | 1.5 | NaN | loss threshold 1.5 nats: measured NaN nats"
      })
  void numbers_are_in_the_unit_of_the_metric(
      String metric, String unit, GateRule rule, double bound, double measured, String words) {
    var result = new GateResult(new Gate(metric, rule, bound), OptionalDouble.of(measured), false);

    assertThat(GateWords.of(result, Optional.of(unit))).isEqualTo(words);
  }

  @Test
  void what_was_not_measured_has_no_unit() {
    var result =
        new GateResult(
            new Gate("unheard", GateRule.THRESHOLD, 0.125), OptionalDouble.empty(), false);

    assertThat(GateWords.of(result, List.of())).isEqualTo("unheard threshold 0.125: not measured");
  }

  @Test
  void the_unit_is_that_of_the_metric_of_the_same_name_whatever_the_language() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      var result =
          new GateResult(new Gate("f1", GateRule.THRESHOLD, 0.5), OptionalDouble.of(0.4321), false);

      assertThat(GateWords.of(result, List.of(metric("loss", "nats"), metric("f1", "fraction"))))
          .isEqualTo("f1 threshold 50.00 %: measured 43.21 %");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void what_a_gate_asks_is_said_before_anything_is_measured() {
    var gate = new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.015);

    assertThat(GateWords.of(gate, Optional.of("fraction")))
        .isEqualTo("accuracy maxDegradation 1.50 pp");
  }

  private static GatedMetric metric(String name, String unit) {
    return new GatedMetric(name, unit, OptionalDouble.of(1), OptionalDouble.of(1), true);
  }
}
