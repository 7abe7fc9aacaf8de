package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Distance of how a student's tokens look at each other from how a teacher's do; scores before
 * softmax, (batch, heads, tokens, tokens), differentiable by the first.
 */
public enum AttentionDistance {
  /**
   * Kullback-Leibler divergence of the student's distribution over tokens from the teacher's.
   *
   * <p>Source: Sun et al., MobileBERT, arXiv 2004.02984; Wang et al., MiniLM, arXiv 2002.10957.
   */
  DIVERGENCE {
    @Override
    NDArray rows(NDArray student, NDArray teacher) {
      NDArray wanted = Tensors.logSoftmax(teacher, 3);
      NDArray terms =
          Tensors.multiply(
              Tensors.exp(wanted), Tensors.subtract(wanted, Tensors.logSoftmax(student, 3)));
      return Tensors.sum(terms, 3);
    }
  },
  /**
   * Mean of the squares of what differs in scores of tokens that may be looked at.
   *
   * <p>Source: Jiao et al., TinyBERT, arXiv 1909.10351, which compares scores, not what softmax
   * makes of them.
   */
  SQUARED_SCORES {
    @Override
    NDArray rows(NDArray student, NDArray teacher) {
      NDArray seen = Tensors.isAbove(teacher, HIDDEN);
      NDArray differences =
          Tensors.subtract(Tensors.atLeast(student, HIDDEN), Tensors.atLeast(teacher, HIDDEN));
      NDArray squares = Tensors.multiply(Tensors.square(differences), seen);
      return Tensors.divide(Tensors.sum(squares, 3), Tensors.atLeast(Tensors.sum(seen, 3), 1));
    }
  };

  /** Scores of tokens that may be looked at are more. */
  private static final double HIDDEN = -1e6;

  /** The distance of each token that looks, (batch, heads, tokens). */
  abstract NDArray rows(NDArray student, NDArray teacher);
}
