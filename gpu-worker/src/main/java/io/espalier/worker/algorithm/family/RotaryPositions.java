package io.espalier.worker.algorithm.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.T;

/**
 * Turns pairs of channels by an angle that grows with the position, so that what a query and a key
 * say to each other depends on their distance.
 *
 * <p>Source: Su et al., RoFormer, arXiv 2104.09864.
 *
 * @param cosines (tokens, pairs), or (tokens, pairs, 1) if neighbours are turned
 * @param sines of the same shape
 * @param rotation what is turned
 */
record RotaryPositions(NDArray cosines, NDArray sines, Rotation rotation) {
  /**
   * The angles of so many positions.
   *
   * @param like an array of the type of queries and keys
   */
  static RotaryPositions of(NDArray like, int tokens, Rotation rotation) {
    int pairs = rotation.channels() / 2;
    float[] cosines = new float[tokens * pairs];
    float[] sines = new float[tokens * pairs];
    float[] frequencies = rotation.scaling().frequencies(pairs, tokens);
    double amplitude = rotation.scaling().amplitude();
    for (int i = 0; i < cosines.length; i++) {
      int position = i / pairs;
      float angle = frequencies[i % pairs] * position; // rounded as transformers does
      cosines[i] = (float) (amplitude * Math.cos(angle));
      sines[i] = (float) (amplitude * Math.sin(angle));
    }
    long[] shape = rotation.halves() ? new long[] {tokens, pairs} : new long[] {tokens, pairs, 1};
    return new RotaryPositions(
        T.inTypeOf(like, T.of(like.getManager(), cosines, shape)),
        T.inTypeOf(like, T.of(like.getManager(), sines, shape)),
        rotation);
  }

  /** Turns queries or keys: (batch, heads, tokens, size), of the same shape after. */
  NDArray turn(NDArray x) {
    long size = x.getShape().get(3);
    int channels = rotation.channels();
    NDArray turning = channels == size ? x : T.slice(x, 3, 0, channels);
    NDArray turned = rotation.halves() ? halves(turning) : neighbours(turning);
    return channels == size ? turned : T.concat(3, turned, T.slice(x, 3, channels, size));
  }

  private NDArray halves(NDArray x) {
    int pairs = rotation.channels() / 2;
    return turned(3, T.slice(x, 3, 0, pairs), T.slice(x, 3, pairs, 2L * pairs));
  }

  private NDArray neighbours(NDArray x) {
    var shape = x.getShape();
    long pairs = rotation.channels() / 2;
    NDArray split =
        T.reshape(
            x,
            shape.get(0),
            shape.get(1),
            shape.get(2),
            pairs,
            2); // (batch, heads, tokens, pairs, 2)
    NDArray turned = turned(4, T.slice(split, 4, 0, 1), T.slice(split, 4, 1, 2));
    return T.reshape(turned, shape.getShape());
  }

  /** Turns a towards b. */
  private NDArray turned(int axis, NDArray a, NDArray b) {
    NDArray left = T.subtract(T.multiply(a, cosines), T.multiply(b, sines));
    NDArray right = T.add(T.multiply(b, cosines), T.multiply(a, sines));
    return T.concat(axis, left, right);
  }
}
