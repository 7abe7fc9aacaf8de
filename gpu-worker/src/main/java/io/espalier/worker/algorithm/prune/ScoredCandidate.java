package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.search.Cost;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A version that might have come out.
 *
 * @param name its sizes in words
 * @param cost what it costs as it was foretold
 * @param layers that stay, by their numbers in the model
 * @param score what it scored, less being better; empty if there was nothing to compare it with
 */
public record ScoredCandidate(String name, Cost cost, List<Integer> layers, OptionalDouble score) {
  /** A version; the list is copied. */
  public ScoredCandidate {
    layers = List.copyOf(layers);
  }
}
