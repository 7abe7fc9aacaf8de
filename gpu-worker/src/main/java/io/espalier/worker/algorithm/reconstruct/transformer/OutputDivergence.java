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

  /** Returns what a model says, a row for each text or real token. */
  private NDArray says(Weights weights, TokenBatch batch, NDManager manager) {
    Tokens tokens = Tokens.of(manager, batch);
    NDArray said = network.forward(weights, tokens, ForwardHooks.NONE);
    return said.getShape().dimension() == 2 ? said : RealTokens.of(batch).rows(said);
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
      case TOKEN_CLASSIFICATION, FILL_MASK, TEXT_GENERATION -> true;
      case QUESTION_ANSWERING, FEATURE_EXTRACTION -> false;
    };
  }
}
