package io.espalier.worker.model.transformer.rope;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;

/**
 * Turns pairs of channels by an angle that grows with the position, so that what a query and a key
 * say to each other depends on their distance.
 *
 * <p>Source: Su et al., RoFormer, arXiv 2104.09864.
 *
 * <p>Where angles go by the length of a sequence, that is the number of its own real tokens, so
 * that they are the same whatever it is filled up to.
 *
 * @param cosines (rows, 1, tokens, pairs), or (rows, 1, tokens, pairs, 1) if neighbours are turned;
 *     a single row stands for all
 * @param sines of the same shape
 * @param rotation what is turned
 */
public record RotaryPositions(NDArray cosines, NDArray sines, Rotation rotation) {
  /**
   * The angles of sequences.
   *
   * @param like an array of the type of queries and keys
   * @param mask (batch, tokens), 1 for a real token
   */
  public static RotaryPositions of(NDArray like, NDArray mask, Rotation rotation) {
    int tokens = Math.toIntExact(mask.getShape().get(1));
    int[] lengths =
        rotation.scaling().byLength() ? lengths(mask.toLongArray(), tokens) : new int[] {tokens};
    int pairs = rotation.channels() / 2;
    int row = tokens * pairs;
    float[] cosines = new float[Math.multiplyExact(lengths.length, row)];
    float[] sines = new float[cosines.length];
    double amplitude = rotation.scaling().amplitude();
    for (int i = 0; i < lengths.length; i++) {
      float[] frequencies = rotation.scaling().frequencies(pairs, lengths[i]);
      for (int j = 0; j < row; j++) {
        int position = j / pairs;
        float angle = frequencies[j % pairs] * position; // rounded as transformers does
        cosines[i * row + j] = (float) (amplitude * Math.cos(angle));
        sines[i * row + j] = (float) (amplitude * Math.sin(angle));
      }
    }
    long[] shape =
        rotation.halves()
            ? new long[] {lengths.length, 1, tokens, pairs}
            : new long[] {lengths.length, 1, tokens, pairs, 1};
    return new RotaryPositions(
        Tensors.inTypeOf(like, Tensors.of(like.getManager(), cosines, shape)),
        Tensors.inTypeOf(like, Tensors.of(like.getManager(), sines, shape)),
        rotation);
  }

  /** Returns how many real tokens each row has, or the number that all have. */
  private static int[] lengths(long[] mask, int tokens) {
    int[] lengths = new int[mask.length / tokens];
    for (int i = 0; i < mask.length; i++) {
      lengths[i / tokens] += (int) mask[i];
    }
    return Arrays.stream(lengths).distinct().count() == 1 ? new int[] {lengths[0]} : lengths;
  }

  /** Turns queries or keys: (batch, heads, tokens, size), of the same shape after. */
  public NDArray turn(NDArray x) {
    long size = x.getShape().get(3);
    int channels = rotation.channels();
    NDArray turning = channels == size ? x : Tensors.slice(x, 3, 0, channels);
    NDArray turned = rotation.halves() ? halves(turning) : neighbours(turning);
    return channels == size
        ? turned
        : Tensors.concat(3, turned, Tensors.slice(x, 3, channels, size));
  }

  private NDArray halves(NDArray x) {
    int pairs = rotation.channels() / 2;
    return turned(3, Tensors.slice(x, 3, 0, pairs), Tensors.slice(x, 3, pairs, 2L * pairs));
  }

  private NDArray neighbours(NDArray x) {
    var shape = x.getShape();
    long pairs = rotation.channels() / 2;
    NDArray split =
        Tensors.reshape(
            x,
            shape.get(0),
            shape.get(1),
            shape.get(2),
            pairs,
            2); // (batch, heads, tokens, pairs, 2)
    NDArray turned = turned(4, Tensors.slice(split, 4, 0, 1), Tensors.slice(split, 4, 1, 2));
    return Tensors.reshape(turned, shape.getShape());
  }

  /** Turns a towards b. */
  private NDArray turned(int axis, NDArray a, NDArray b) {
    NDArray left = Tensors.subtract(Tensors.multiply(a, cosines), Tensors.multiply(b, sines));
    NDArray right = Tensors.add(Tensors.multiply(b, cosines), Tensors.multiply(a, sines));
    return Tensors.concat(axis, left, right);
  }
}
