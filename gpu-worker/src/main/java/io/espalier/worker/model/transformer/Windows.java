package io.espalier.worker.model.transformer;

import java.util.Set;

/**
 * In which layers of a decoder a token sees only those near it.
 *
 * @param size how many it sees there: itself and those right before it
 * @param layers which layers these are, counted from 0
 */
record Windows(int size, Set<Integer> layers) {
  /** Every token sees all that come before it. */
  static final Windows NONE = new Windows(Integer.MAX_VALUE, Set.of());

  /** Windows; the set is copied. */
  Windows {
    layers = Set.copyOf(layers);
  }
}
