package io.espalier.fact;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model that was compared with others before one was chosen.
 *
 * @param sizes its sizes under the names that policies have for them, such as {@code hidden_size}
 * @param layers the layers that stay, by their numbers in the model that went in
 * @param cost what it costs as foretold, by quantity, in the quantity's unit; without times
 * @param score what it scored; empty if there was nothing to compare it with
 * @param chosen whether it is the one that came out
 */
public record CandidateFact(
    Map<String, Integer> sizes,
    List<Integer> layers,
    Map<String, Long> cost,
    Optional<Score> score,
    boolean chosen) {

  /**
   * The score of a candidate, less being better.
   *
   * @param metric what was measured, such as {@code kl}
   */
  public record Score(String metric, double value) {}

  /** A candidate; collections are copied, maps in their order. */
  public CandidateFact {
    sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
    layers = List.copyOf(layers);
    cost = Collections.unmodifiableMap(new LinkedHashMap<>(cost));
  }
}
