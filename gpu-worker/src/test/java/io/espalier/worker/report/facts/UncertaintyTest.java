package io.espalier.worker.report.facts;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.report.Change;
import io.espalier.worker.report.EffortText;
import io.espalier.worker.report.Samples;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.facts.PruningReport.Effort;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UncertaintyTest {
  private static MetricFacts latency(double before, double after, Interval from, Interval to) {
    return new MetricFacts(
        Samples.metric("latencyMillis", "milliseconds", before, after).metric(),
        Optional.of(new Uncertainty(Uncertainty.Kind.PERCENTILES, from, to, Optional.empty())));
  }

  @Test
  void latencies_whose_ranges_meet_are_within_noise_and_others_are_not() {
    MetricFacts meet = latency(5, 6, new Interval(4, 5.5), new Interval(5.5, 7));
    MetricFacts apart = latency(5, 6, new Interval(4, 5.4), new Interval(5.5, 7));

    assertThat(Change.of(meet)).isEqualTo(new Change("+20.0 %", "noise", "within noise"));
    assertThat(Change.of(apart)).isEqualTo(new Change("+20.0 %", "worse", ""));
  }

  @Test
  void a_change_is_judged_by_its_own_range_and_told_with_it() {
    var loss =
        new MetricFacts(
            Samples.metric("loss", "nats", 0.25, 0.28).metric(),
            Optional.of(
                new Uncertainty(
                    Uncertainty.Kind.BOOTSTRAP,
                    new Interval(
                        0.2, 0.3), // overlaps, but the difference on the same samples does not
                    new Interval(0.23, 0.33),
                    Optional.of(new Interval(0.021, 0.041)))));

    assertThat(Change.of(loss)).isEqualTo(new Change("+0.030", "worse", "+0.021 to +0.041"));
  }

  @Test
  void the_range_of_a_relative_change_is_relative_too() {
    var perplexity =
        new MetricFacts(
            Samples.metric("perplexity", "tokens", 200, 190).metric(),
            Optional.of(
                new Uncertainty(
                    Uncertainty.Kind.BOOTSTRAP,
                    new Interval(190, 210),
                    new Interval(180, 200),
                    Optional.of(new Interval(-12, -8)))));

    assertThat(Change.of(perplexity)).isEqualTo(new Change("−5.0 %", "better", "−6.0 to −4.0 %"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "5.4812 | milliseconds | 0.86 | 5.48 ms",
        "5.4812 | milliseconds | 3.1 | 5.5 ms",
        "54.812 | milliseconds | 31 | 55 ms",
        "0.87801 | fraction | 0.028 | 87.8 %",
        "0.87801 | fraction | 0.17 | 88 %",
        "0.3876 | nats | 0.084 | 0.388",
        "277.91 | tokens | 3.3 | 277.9 tokens",
        "0.87801 | fraction | 0 | 87.80 %",
        "-0.0001 | fraction | 0.02 | 0.0 %",
        "NaN | nats | 1 | NaN"
      })
  void values_have_the_digits_that_their_spread_leaves(
      double value, String unit, double spread, String text) {
    assertThat(Figures.of(value, unit, spread)).isEqualTo(text);
  }

  @Test
  void what_early_stopping_saved_is_told_apart_from_what_was_kept() {
    var effort =
        new Effort(
            List.of(),
            OptionalInt.of(20),
            OptionalInt.of(14),
            OptionalInt.empty(),
            OptionalDouble.of(0.586));

    assertThat(EffortText.of(effort))
        .isEqualTo(
            "No times were taken. Models scored: 20, of 34 that there were; 14 were skipped, since"
                + " a narrower cut of the same axis lost nothing already. Of the passes of those"
                + " that were scored, 58.6 % was not computed again: what lies in front of a cut"
                + " was kept from the model before.");
  }

  @Test
  void scores_of_an_earlier_run_are_told() {
    var effort =
        new Effort(
            List.of(),
            OptionalInt.of(34),
            OptionalInt.of(0),
            OptionalInt.of(34),
            OptionalDouble.empty());

    assertThat(EffortText.of(effort))
        .endsWith("Scores of 34 of them are those of an earlier run, so they took no time now.");
  }

  @Test
  void nothing_is_said_to_be_skipped_where_nothing_was() {
    var all =
        new Effort(
            List.of(),
            OptionalInt.of(34),
            OptionalInt.of(0),
            OptionalInt.empty(),
            OptionalDouble.empty());
    var unknown =
        new Effort(
            List.of(),
            OptionalInt.of(10),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty());

    assertThat(EffortText.of(all)).endsWith("Models scored: 34, which is each one that there was.");
    assertThat(EffortText.of(unknown)).endsWith("Models scored: 10.");
  }
}
