package io.espalier.worker.data;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/** Positions in an order that a seed decides. */
public final class Shuffle {
  private Shuffle() {}

  /**
   * The first {@code n} of all positions, or all if there are fewer: the beginning of a
   * Fisher-Yates shuffle.
   */
  public static int[] beginning(int size, int n, long seed) {
    return Arrays.copyOf(begun(size, n, seed), Math.min(n, size));
  }

  /** All positions but those of {@link #beginning}. */
  public static int[] rest(int size, int n, long seed) {
    return Arrays.copyOfRange(begun(size, n, seed), Math.min(n, size), size);
  }

  private static int[] begun(int size, int n, long seed) {
    int[] positions = IntStream.range(0, size).toArray();
    var random = new Random(seed);
    for (int i = 0; i < Math.min(n, size); i++) {
      int other = i + random.nextInt(size - i);
      int swapped = positions[i];
      positions[i] = positions[other];
      positions[other] = swapped;
    }
    return positions;
  }
}
