package io.espalier.worker.data;

/**
 * Samples in a fixed order, whatever they are.
 *
 * @param <B> some of them, in the form in which a network takes them
 */
public interface Samples<B> {
  /** Number of sequences or images. */
  int size();

  /** Returns whether what is right is known. */
  boolean labelled();

  /**
   * The samples at these positions.
   *
   * @throws IndexOutOfBoundsException if a position is not in the data set
   */
  B batch(int[] indices);

  /** SHA-256, in hexadecimal, of the samples and what is right. */
  String fingerprint();

  /** The same samples in an order that the seed decides; sequences of an example stay together. */
  Samples<B> shuffled(long seed);
}
