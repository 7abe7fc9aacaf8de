package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Weights;

/** Samples that a network has a loss on, whatever it reads. */
public interface LossData {
  /** Number of sequences or images. */
  int size();

  /** SHA-256, in hexadecimal, of the samples and their labels. */
  String fingerprint();

  /** The same samples in an order that the seed decides. */
  LossData shuffled(long seed);

  /** The samples at these positions, which are computed at once. */
  Piece piece(int[] indices);

  /** Samples that are computed at once. */
  interface Piece {
    /** Returns how many answers, texts, tokens or images they ask for. */
    long count();

    /**
     * The sum of the losses of all that they ask for, a scalar in the open scope.
     *
     * @param manager of the samples
     * @param hooks watch the pass
     */
    NDArray sum(Weights weights, NDManager manager, ForwardHooks hooks);
  }
}
