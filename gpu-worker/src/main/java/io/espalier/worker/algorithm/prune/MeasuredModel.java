package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.MeasureSamples;
import io.espalier.worker.algorithm.search.Cost;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model in numbers.
 *
 * @param cost what it costs, latency as it was measured
 * @param measures how good it is
 * @param latency how fast it is on this device; empty if it was not timed
 * @param samples what is behind measures, by their names, as far as it is known
 */
public record MeasuredModel(
    Cost cost,
    List<Measure> measures,
    Optional<Latency> latency,
    Map<String, MeasureSamples> samples) {
  /** A model; collections are copied. */
  public MeasuredModel {
    measures = List.copyOf(measures);
    samples = Map.copyOf(samples);
  }

  /** The same with what is behind its measures. */
  public MeasuredModel with(Map<String, MeasureSamples> behind) {
    return new MeasuredModel(cost, measures, latency, behind);
  }

  /** A model of which latency is part of the cost, if it was timed. */
  public static MeasuredModel of(Cost exact, List<Measure> measures, Optional<Latency> latency) {
    long nanos = latency.map(LatencyBound::nanos).orElse(0L);
    return new MeasuredModel(exact.asFound(exact.bytes(), nanos), measures, latency, Map.of());
  }

  /** One of its measures; not a number if it was not measured. */
  public double value(String name) {
    return measures.stream()
        .filter(measure -> measure.name().equals(name))
        .mapToDouble(Measure::value)
        .findFirst()
        .orElse(Double.NaN);
  }
}
