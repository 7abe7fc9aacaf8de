package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.Uncertainty;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MetricSpreadTest {
  private static Metric metric(String name, String unit, double before, double after) {
    return new Metric(
        name,
        unit,
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        true,
        Optional.empty(),
        OptionalLong.of(8));
  }

  private static MeasuredModel measured(
      Optional<Latency> latency, Map<String, MeasureSamples> samples) {
    return MeasuredModel.of(new Cost(1, 1, 1), List.of(Measure.fraction("accuracy", 1)), latency)
        .with(samples);
  }

  private static Optional<Uncertainty> of(
      MeasuredModel before, MeasuredModel after, Metric metric) {
    return MetricSpread.of(before, after, 7).of(List.of(metric)).get(0).uncertainty();
  }

  @Test
  void latency_ranges_from_the_tenth_to_the_ninetieth_of_a_hundred_passes() {
    MeasuredModel before = measured(Optional.of(new Latency(5, 4, 7, 50)), Map.of());
    MeasuredModel after = measured(Optional.of(new Latency(4.5, 3, 6, 50)), Map.of());

    Uncertainty found =
        of(before, after, metric("latencyMillis", "milliseconds", 5, 4.5)).orElseThrow();

    assertThat(found.kind()).isEqualTo(Uncertainty.Kind.PERCENTILES);
    assertThat(found.before()).isEqualTo(new Interval(4, 7));
    assertThat(found.after()).isEqualTo(new Interval(3, 6));
    assertThat(found.isWithinNoise()).isTrue();
  }

  @Test
  void models_are_compared_sample_by_sample_where_samples_are_known() {
    double[] ones = {1, 1, 1, 1, 1, 1, 1, 1};
    double[] half = {1, 0, 1, 0, 1, 0, 1, 0};
    MeasuredModel before =
        measured(Optional.empty(), Map.of("accuracy", MeasureSamples.mean(ones)));
    MeasuredModel after = measured(Optional.empty(), Map.of("accuracy", MeasureSamples.mean(half)));

    Uncertainty found = of(before, after, metric("accuracy", "fraction", 1, 0.5)).orElseThrow();

    assertThat(found.kind()).isEqualTo(Uncertainty.Kind.BOOTSTRAP);
    assertThat(found.before()).isEqualTo(new Interval(1, 1));
    assertThat(found.change().orElseThrow().high()).isNegative();
    assertThat(found.isWithinNoise()).isFalse();
  }

  @Test
  void of_a_share_alone_there_is_wilsons_interval() {
    MeasuredModel bare = measured(Optional.empty(), Map.of());

    Uncertainty found = of(bare, bare, metric("accuracy", "fraction", 1, 0.875)).orElseThrow();

    assertThat(found.kind()).isEqualTo(Uncertainty.Kind.WILSON);
    assertThat(found.before().low()).isCloseTo(0.6755924351161198, within(1e-12)); // SciPy, 8 of 8
    assertThat(found.change()).isEmpty();
    assertThat(found.isWithinNoise()).isTrue();
  }

  @Test
  void of_what_is_exact_and_of_losses_alone_nothing_is_said() {
    MeasuredModel bare = measured(Optional.empty(), Map.of());

    assertThat(of(bare, bare, Metric.exact("flops", "count", 2, 1))).isEmpty();
    assertThat(of(bare, bare, metric("loss", "nats", 2, 1))).isEmpty();
  }

  @Test
  void each_loader_has_the_lines_that_open_the_result() {
    ResultLoaders stock =
        LoadingLines.of(
            List.of("espalier", "safetensors", "transformers<5"),
            new Opening("transformers", "a note", "python", "import it\nopen(\"DIR\")"));
    ResultLoaders timm =
        LoadingLines.of(List.of("timm"), Opening.ofTimm("import timm\nmodel = ..."));

    assertThat(stock.loaders())
        .extracting(ResultLoaders.Loader::name)
        .containsExactly("espalier", "safetensors", "transformers<5");
    assertThat(stock.loaders().get(2).lines()).containsExactly("import it", "open(\".\")");
    assertThat(stock.note()).hasValue("a note");
    assertThat(timm.loaders().get(0).lines()).containsExactly("import timm", "model = ...");
    assertThat(timm.note()).isEmpty();
  }
}
