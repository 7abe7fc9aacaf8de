package io.espalier.worker.algorithm.minitron;

/**
 * Of how many tokens keys and values are kept while a model serves.
 *
 * @param tokens of each sequence
 * @param sequences at a time
 */
public record Cache(int tokens, int sequences) {
  /** A cache; both are positive. */
  public Cache {
    if (tokens < 1 || sequences < 1) {
      throw new IllegalArgumentException("%d sequences of %d".formatted(sequences, tokens));
    }
  }
}
