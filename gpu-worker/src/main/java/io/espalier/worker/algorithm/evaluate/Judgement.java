package io.espalier.worker.algorithm.evaluate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Quality of a model on some data, by itself and beside the original that it came from.
 *
 * @param headline name of the measure that says most
 * @param measures what was measured
 * @param samples what is behind the measures, by their names, as far as it is known
 * @param count images, answers, texts or tokens that it was measured on
 */
public record Judgement(
    String headline, List<Measure> measures, Map<String, MeasureSamples> samples, long count) {
  private static final String LOSS = "loss";

  /** A judgement; collections are copied. */
  public Judgement {
    measures = List.copyOf(measures);
    samples = Map.copyOf(samples);
  }

  /** Returns the measure that says most. */
  public Measure headlineMeasure() {
    return measures.stream()
        .filter(measure -> measure.name().equals(headline))
        .findFirst()
        .orElseThrow();
  }

  /**
   * Returns the measure by which versions of a model are told apart that differ by little: the
   * loss, which every sample moves, where there is one; else the measure that says most.
   */
  public Measure finest() {
    return measures.stream()
        .filter(measure -> measure.name().equals(LOSS))
        .findFirst()
        .orElseGet(this::headlineMeasure);
  }

  /** Returns the same with the headline of the plain cut of a model that was reconstructed. */
  public Judgement beside(Judgement plain) {
    List<Measure> more = new ArrayList<>(measures);
    plain.measures().stream()
        .filter(measure -> measure.name().equals(headline))
        .map(Measure::asCut)
        .forEach(more::add);
    Map<String, MeasureSamples> behind = new HashMap<>(samples);
    MeasureSamples cut = plain.samples().get(headline);
    if (cut != null) {
      behind.put(Measure.asCut(headline), cut);
    }
    return new Judgement(headline, more, behind, count);
  }
}
