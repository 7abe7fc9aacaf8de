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
    int[] positions = IntStream.range(0, size).toArray();
    int drawn = Math.min(n, size);
    var random = new Random(seed);
    for (int i = 0; i < drawn; i++) {
      int other = i + random.nextInt(size - i);
      int swapped = positions[i];
      positions[i] = positions[other];
      positions[other] = swapped;
    }
    return Arrays.copyOf(positions, drawn);
  }
}
