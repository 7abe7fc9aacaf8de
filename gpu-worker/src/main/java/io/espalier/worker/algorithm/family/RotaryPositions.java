package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.T;
import java.util.stream.IntStream;

/**
 * Turns pairs of channels by an angle that grows with the position, so that what a query and a key
 * say to each other depends on their distance. Pairs are neighbours (GPT-J's layout).
 *
 * <p>Source: Su et al., RoFormer, arXiv 2104.09864; pair i of n turns by {@code position /
 * 10000^(i/n)}.
 *
 * @param cosines (tokens, pairs, 1)
 * @param sines (tokens, pairs, 1)
 * @param channels how many of each head's channels are turned, the first ones
 */
record RotaryPositions(NDArray cosines, NDArray sines, int channels) {
  private static final double BASE = 10_000;

  /**
   * The angles of so many positions.
   *
   * @param like an array of the type of queries and keys
   */
  static RotaryPositions of(NDArray like, int tokens, int channels) {
    int pairs = channels / 2;
    float[] cosines = new float[tokens * pairs];
    float[] sines = new float[tokens * pairs];
    double[] frequencies =
        IntStream.range(0, pairs).mapToDouble(i -> Math.pow(BASE, -(double) i / pairs)).toArray();
    for (int i = 0; i < cosines.length; i++) {
      int position = i / pairs;
      int pair = i % pairs;
      double angle = position * frequencies[pair];
      cosines[i] = (float) Math.cos(angle);
      sines[i] = (float) Math.sin(angle);
    }
    return new RotaryPositions(
        T.inTypeOf(like, T.of(like.getManager(), cosines, tokens, pairs, 1)),
        T.inTypeOf(like, T.of(like.getManager(), sines, tokens, pairs, 1)),
        channels);
  }

  /** Turns queries or keys: (batch, heads, tokens, size), of the same shape after. */
  NDArray turn(NDArray x) {
    var shape = x.getShape();
    NDArray pairs =
        T.reshape(
            T.slice(x, 3, 0, channels),
            shape.get(0),
            shape.get(1),
            shape.get(2),
            channels / 2,
            2); // (batch, heads, tokens, pairs, 2)
    NDArray a = T.slice(pairs, 4, 0, 1);
    NDArray b = T.slice(pairs, 4, 1, 2);
    NDArray left = T.subtract(T.multiply(a, cosines), T.multiply(b, sines));
    NDArray right = T.add(T.multiply(b, cosines), T.multiply(a, sines));
    NDArray turned =
        T.reshape(T.concat(4, left, right), shape.get(0), shape.get(1), shape.get(2), channels);
    return channels == shape.get(3)
        ? turned
        : T.concat(3, turned, T.slice(x, 3, channels, shape.get(3)));
  }
}
