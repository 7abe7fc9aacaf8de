package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.search.Cost;
import java.util.List;
import java.util.Optional;

/**
 * A model in numbers.
 *
 * @param cost what it costs, latency as it was measured
 * @param measures how good it is
 * @param latency how fast it is on this device; empty if it was not timed
 */
public record Measured(Cost cost, List<Measure> measures, Optional<Latency> latency) {
  /** A model; the list is copied. */
  public Measured {
    measures = List.copyOf(measures);
  }

  /** A model of which latency is part of the cost, if it was timed. */
  public static Measured of(Cost exact, List<Measure> measures, Optional<Latency> latency) {
    long nanos = latency.map(LatencyBound::nanos).orElse(0L);
    return new Measured(exact.asFound(exact.bytes(), nanos), measures, latency);
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
