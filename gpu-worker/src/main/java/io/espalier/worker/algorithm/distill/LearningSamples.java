package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.SplittableRandom;

/**
 * Samples of one kind, and what is asked of them.
 *
 * @param <B> samples that are computed at once
 * @param <I> the same as arrays
 */
interface LearningSamples<B, I> {
  /** Number of samples. */
  int size();

  /** SHA-256, in hexadecimal, of the samples, their labels, and how they are changed. */
  String fingerprint();

  /** Returns whether what is right is known. */
  boolean labelled();

  /** Returns how answers are compared. */
  AnswerComparison comparison();

  /** The samples at these positions, changed as is drawn. */
  B draw(int[] indices, SplittableRandom random);

  /** The same as arrays, in the open scope. */
  I inputs(B batch, NDManager manager);

  /** Number of answers that are asked for: what a mean loss is the mean over. */
  long count(B batch);

  /** Number of tokens, padding left out; of images 0. */
  long tokens(B batch);

  /** What a network says of all that is asked for, (rows, scores); sample after sample. */
  NDArray rows(NDArray said, B batch);

  /** Number of rows of each sample, in their order. */
  int[] rowsOfEach(B batch);

  /**
   * Number of scores of each sample's rows, where these are distributions over its tokens; empty if
   * all rows have the same number.
   */
  int[] lengths(B batch);

  /** Part of an answer that a row is: 1 unless several are one answer. */
  double rowShare();

  /** The right class of each row; known of labelled samples only. */
  long[] labels(B batch);

  /** Sum of the losses of the task itself over all that is asked for, a scalar. */
  NDArray task(NDArray said, B batch);

  /**
   * Sum of losses of points or tokens, (rows), so weighed that those of a sample weigh together as
   * much as what is asked of it; padding is left out.
   */
  NDArray weighed(NDArray losses, B batch);
}
