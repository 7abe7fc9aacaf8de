package io.espalier.worker.data;

import java.util.List;

/**
 * Sequences of tokens in a fixed order, each with what is right if that is known.
 *
 * <p>Safe for use by several threads.
 */
public interface TextDataset extends Samples<TokenBatch> {
  /** Number of sequences. */
  @Override
  int size();

  /**
   * Number of examples. An example is what is asked at once and has one or more sequences, which
   * follow each other: a question with all its windows, a text, a block of text.
   */
  default int examples() {
    return size();
  }

  /** Returns what in the file could have been meant otherwise than it was read, in sentences. */
  default List<String> warnings() {
    return List.of();
  }

  /** The longest sequence, in tokens. */
  int length();

  /**
   * The sequences at these positions, filled up to the longest of them.
   *
   * @throws IndexOutOfBoundsException if a position is not in the data set
   */
  @Override
  TokenBatch batch(int[] indices);

  /** SHA-256, in hexadecimal, of the sequences and labels. */
  @Override
  String fingerprint();

  @Override
  default TextDataset shuffled(long seed) {
    return drawn(examples(), seed);
  }

  /**
   * Its first {@code n} examples with all their sequences, or all if there are fewer.
   *
   * @throws IllegalArgumentException if {@code n} is not positive
   */
  default TextDataset first(int n) {
    return n >= examples() ? this : SelectedTexts.first(this, n);
  }

  /**
   * That many examples drawn without replacement, or all if there are fewer, in an order that the
   * seed decides; each with all its sequences.
   */
  default TextDataset drawn(int n, long seed) {
    return SelectedTexts.drawn(this, n, seed);
  }

  /** All examples but those that {@link #drawn} gives, in an order that the seed decides. */
  default TextDataset withoutDrawn(int n, long seed) {
    return SelectedTexts.withoutDrawn(this, n, seed);
  }
}
