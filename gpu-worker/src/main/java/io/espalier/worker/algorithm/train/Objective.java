package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/** Aim of a training: samples, and the loss of a network on some of them. */
public interface Objective extends AutoCloseable {
  /** Number of samples, which are images or sequences. */
  int size();

  /**
   * SHA-256, in hexadecimal, of all that the loss depends on besides the weights: samples, labels,
   * what a teacher is, settings.
   */
  String fingerprint();

  /**
   * Weights that the loss needs besides the network's: trained along, without decay, and left
   * behind at the end. Owned by the objective; empty if it needs none.
   */
  default Optional<Weights> alongside() {
    return Optional.empty();
  }

  /** Frees what it owns, if anything. */
  @Override
  default void close() {}

  /**
   * Samples to be computed at once.
   *
   * @param indices their positions
   * @param random decides everything that is drawn, such as how images are changed
   */
  Piece piece(int[] indices, SplittableRandom random);

  /** Samples that are computed at once. */
  interface Piece {
    /** Returns how many answers, texts, tokens or images the loss is a sum over. */
    long count();

    /** Number of tokens, padding left out; of images 0. */
    long tokens();

    /**
     * Prepares what needs no gradient, and returns what computes the sum of the losses of all that
     * they ask for: a scalar, differentiable by the weights. Everything lives in the open scope.
     *
     * @param manager of the samples
     */
    Supplier<NDArray> sum(Weights weights, NDManager manager);

    /**
     * Adds the gradients of a share of that sum to the weights, and returns the share.
     *
     * @param manager of the samples
     */
    default double addGradients(Weights weights, NDManager manager, double share) {
      Supplier<NDArray> sum = sum(weights, manager);
      return Gradients.of(() -> Tensors.scale(sum.get(), share)).getFloat();
    }
  }
}
