package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * A version that might have come out.
 *
 * @param name its sizes in words
 * @param sizes the same by what policies call them
 * @param cost what it costs as it was foretold
 * @param layers that stay, by their numbers in the model
 * @param score what it scored, less being better; empty if there was nothing to compare it with
 */
public record ScoredCandidate(
    String name,
    Map<String, Integer> sizes,
    Cost cost,
    List<Integer> layers,
    OptionalDouble score) {
  /** A version; collections are copied, the map in its order. */
  public ScoredCandidate {
    sizes = Collections.unmodifiableMap(new LinkedHashMap<>(sizes));
    layers = List.copyOf(layers);
  }
}
