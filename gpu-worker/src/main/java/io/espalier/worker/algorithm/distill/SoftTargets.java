package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.stream.LongStream;

/**
 * Distributions that a student's scores are to give, both (rows, classes); constants.
 *
 * @param probabilities those of each class
 * @param logs their logarithms, finite even where a probability is 0
 */
public record SoftTargets(NDArray probabilities, NDArray logs) {
  /** Stands for a probability of 0 where a logarithm is taken. */
  private static final double LEAST = 1e-30;

  /** Keeps a share of a probability of 1 from being divided by 0, as the reference does. */
  private static final double EPSILON = 1e-7;

  /**
   * Distributions of a teacher: {@code softmax(scores / temperature)}.
   *
   * @param scores (rows, classes), before softmax
   */
  public static SoftTargets of(NDArray scores, double temperature) {
    return ofLogs(Tensors.logSoftmax(tempered(scores, temperature), 1));
  }

  /** Distributions by their logarithms. */
  static SoftTargets ofLogs(NDArray logs) {
    return new SoftTargets(Tensors.exp(logs), logs);
  }

  /** Scores divided by a temperature. */
  static NDArray tempered(NDArray scores, double temperature) {
    return temperature == 1 ? scores : Tensors.scale(scores, 1 / temperature);
  }

  /**
   * The same distributions, mixed with what is right so that the right class is the likeliest one
   * by a margin, or certain.
   *
   * <p>Source: Minifinetuning, arXiv 2506.15702; ModelOpt {@code modelopt/torch/distill/losses.py},
   * {@code MFTLoss}.
   *
   * @param labels right class of each row; negative where none is known, so that the row stays
   * @param threshold the margin, from 0 to 1; 0.2 in the source
   */
  public SoftTargets corrected(long[] labels, double threshold) {
    long[] places = LongStream.of(labels).map(label -> Math.max(label, 0)).toArray();
    NDArray classes = Tensors.of(probabilities.getManager(), places, places.length);
    double[] right = numbers(Tensors.pick(probabilities, classes));
    double[] largest = numbers(Tensors.largest(probabilities, 1));
    long[] guesses = Tensors.argMax(probabilities, 1).toLongArray();
    var shares = new double[labels.length];
    var raised = new double[labels.length];
    for (int row = 0; row < labels.length; row++) {
      shares[row] =
          labels[row] < 0
              ? 0
              : share(guesses[row] == labels[row], right[row], largest[row], threshold);
      raised[row] = right[row] * (1 - shares[row]) + shares[row];
    }
    NDArray left = Tensors.add(Tensors.negate(column(shares)), 1);
    NDArray mixed =
        Tensors.replace(
            Tensors.multiply(probabilities, left),
            Tensors.reshape(classes, labels.length, 1),
            column(raised),
            1);
    return new SoftTargets(mixed, Tensors.log(Tensors.atLeast(mixed, LEAST)));
  }

  /** Returns how much of a distribution goes to what is right. */
  private static double share(boolean known, double right, double largest, double threshold) {
    if (known) {
      double wanted = right > 1 - threshold ? 1 : right + threshold;
      return (wanted - largest) / (1 - largest + EPSILON);
    }
    return (largest - right + threshold) / (1 + largest - right + EPSILON);
  }

  private NDArray column(double[] values) {
    return Tensors.inTypeOf(
        probabilities, Tensors.of(probabilities.getManager(), values, values.length, 1));
  }

  private static double[] numbers(NDArray array) {
    return Tensors.inDoublePrecision(array).toDoubleArray();
  }
}
