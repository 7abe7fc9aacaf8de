package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.search.Cost;
import java.util.List;

/**
 * A model in numbers.
 *
 * @param cost what it costs, latency as it was measured
 * @param measures how good it is
 * @param latency how fast it is on this device
 */
public record Measured(Cost cost, List<Measure> measures, Latency latency) {
  /** A model; the list is copied. */
  public Measured {
    measures = List.copyOf(measures);
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
