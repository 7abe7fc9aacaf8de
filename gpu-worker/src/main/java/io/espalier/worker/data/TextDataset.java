package io.espalier.worker.data;

/**
 * Sequences of tokens in a fixed order, each with what is right if that is known.
 *
 * <p>Safe for use by several threads.
 */
public interface TextDataset {
  /** Number of sequences. */
  int size();

  /** Whether what is right is known. */
  boolean labelled();

  /** The longest sequence, in tokens. */
  int length();

  /**
   * The sequences at these positions, filled up to the longest of them.
   *
   * @throws IndexOutOfBoundsException if a position is not in the data set
   */
  TokenBatch batch(int[] indices);

  /** SHA-256, in hexadecimal, of the sequences and labels. */
  String fingerprint();
}
