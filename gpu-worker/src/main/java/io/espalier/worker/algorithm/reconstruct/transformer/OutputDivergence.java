package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;

/**
 * Distance of a model's outputs on held-out sequences from the original's: the mean
 * Kullback-Leibler divergence where scores are a distribution, 1 - the mean cosine of embeddings,
 * and else the mean squared difference. Padding counts nothing.
 *
 * @param original its weights; stay as they are
 */
record OutputDivergence(TextNetwork network, Weights original, SequenceBatches batches) {
  /** So much less than any score that softmax makes nothing of it; finite, so none is NaN. */
  private static final float NEVER = -1e30f;

  /** That of a model; not a number if nothing is held out. */
  double of(Weights weights, NDManager manager) {
    double sum = 0;
    long rows = 0;
    for (int i = 0; i < batches.count(); i++) {
      int[] heldOut = batches.heldOut(i);
      if (heldOut.length > 0) {
        TokenBatch tokens = batches.data().batch(heldOut);
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray wanted = says(original, tokens, manager);
          NDArray found = says(weights, tokens, manager);
          long more = wanted.getShape().get(0);
          sum += mean(wanted, found) * more;
          rows += more;
        }
      }
    }
    return rows == 0 ? Double.NaN : sum / rows;
  }

  /** Returns what a model says, a row for each text, real token, or start or end of an answer. */
  private NDArray says(Weights weights, TokenBatch batch, NDManager manager) {
    Tokens tokens = Tokens.of(manager, batch);
    NDArray said = network.forward(weights, tokens, ForwardHooks.NONE);
    if (network.input().task() == TextTask.QUESTION_ANSWERING) {
      return ofPlaces(said, batch);
    }
    return said.getShape().dimension() == 2 ? said : RealTokens.of(batch).rows(said);
  }

  /**
   * Returns the scores of all places in a text as start, and as end, of an answer: (2 texts,
   * tokens). What all places share says nothing, so these are distributions as labels are.
   */
  private static NDArray ofPlaces(NDArray said, TokenBatch batch) {
    long[] mask = batch.mask();
    float[] never = new float[mask.length];
    for (int i = 0; i < never.length; i++) {
      never[i] = mask[i] == 1 ? 0 : NEVER;
    }
    NDArray padding = Tensors.of(said.getManager(), never, batch.rows(), 1, batch.length());
    NDArray byPlace = Tensors.add(Tensors.transpose(said, 1, 2), padding);
    return Tensors.reshape(byPlace, 2L * batch.rows(), batch.length());
  }

  private double mean(NDArray wanted, NDArray found) {
    if (network.input().task() == TextTask.FEATURE_EXTRACTION) {
      NDArray cosines =
          Tensors.sum(Tensors.multiply(Tensors.unitRows(wanted), Tensors.unitRows(found)), 1);
      return 1 - Tensors.mean(Tensors.inDoublePrecision(cosines)).getDouble();
    }
    return isDistribution(network.input())
        ? Losses.divergence(wanted, found).getFloat()
        : Tensors.mean(Tensors.square(Tensors.subtract(wanted, found))).getFloat();
  }

  private static boolean isDistribution(TextInput input) {
    return switch (input.task()) {
      case TEXT_CLASSIFICATION -> input.problem() == ProblemType.SINGLE_LABEL;
      case TOKEN_CLASSIFICATION, FILL_MASK, TEXT_GENERATION, QUESTION_ANSWERING -> true;
      case FEATURE_EXTRACTION -> false;
    };
  }
}
