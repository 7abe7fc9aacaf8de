package io.espalier.worker.algorithm.evaluate;

import java.util.List;
import java.util.Map;

/**
 * How good a model is on some data, by itself and beside the original that it came from.
 *
 * @param measures what was measured
 * @param samples what is behind the measures, by their names, as far as it is known
 * @param count images, answers, texts or tokens that it was measured on
 */
public record Judgement(List<Measure> measures, Map<String, MeasureSamples> samples, long count) {
  /** A judgement; collections are copied. */
  public Judgement {
    measures = List.copyOf(measures);
    samples = Map.copyOf(samples);
  }
}
