package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Scores of a teacher that are kept of each row of many classes: its likeliest classes.
 *
 * <p>Source: ModelOpt {@code modelopt/torch/distill/plugins/megatron.py}, {@code TopKLogitsKLLoss},
 * compares both distributions over these classes alone; that is what {@code rest} leaves out.
 * Nothing keeps a student from giving probability to the other classes then.
 *
 * @param most how many; rows of no more classes are kept whole
 * @param rest whether all other classes are compared as if they were one
 */
public record KeptScores(int most, boolean rest) {
  /** As many as the reference's guidance asks for, over these alone. */
  public static final KeptScores REFERENCE = new KeptScores(1024, false);

  /** Stands for a probability of 0 where a logarithm is taken. */
  private static final double LEAST = 1e-30;

  /** Scores; at least one must be kept. */
  public KeptScores {
    if (most < 1) {
      throw new IllegalArgumentException(
          "the likeliest %d classes; at least 1 is needed".formatted(most));
    }
  }

  /** Bytes that a row of so many scores takes in the file. */
  public long bytes(int scores) {
    return scores <= most
        ? (long) Float.BYTES * scores
        : (Integer.BYTES + Float.BYTES) * (long) most;
  }

  /**
   * The distributions of kept classes, (rows, most), or with all others as one more, (rows, most +
   * 1).
   *
   * @param logs log-probabilities of the kept classes among all, (rows, most)
   */
  SoftTargets targets(NDArray logs) {
    if (!rest) {
      return SoftTargets.ofLogs(Tensors.logSoftmax(logs, 1));
    }
    NDArray others = Tensors.add(Tensors.negate(total(Tensors.exp(logs))), 1);
    return SoftTargets.ofLogs(Tensors.concat(1, logs, Tensors.log(Tensors.atLeast(others, LEAST))));
  }

  /**
   * A student's log-probabilities of the same; differentiable.
   *
   * @param scores (rows, classes), divided by the temperature
   * @param classes those that were kept, (rows, most), int64
   */
  NDArray logs(NDArray scores, NDArray classes) {
    if (!rest) {
      return Tensors.logSoftmax(Tensors.gather(scores, classes, 1), 1);
    }
    NDArray logs = Tensors.logSoftmax(scores, 1);
    NDArray kept = Tensors.gather(logs, classes, 1); // (rows, most)
    // not 1 less the others, which would be nothing but rounding where they are nearly all
    NDArray none = Tensors.full(scores, 0, kept.getShape().getShape());
    NDArray others = total(Tensors.replace(Tensors.exp(logs), classes, none, 1));
    return Tensors.concat(1, kept, Tensors.log(Tensors.atLeast(others, LEAST)));
  }

  /** Sums of rows, (rows, 1). */
  private static NDArray total(NDArray x) {
    return Tensors.reshape(Tensors.sum(x, 1), x.getShape().get(0), 1);
  }
}
