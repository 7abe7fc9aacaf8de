package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.transformer.StackedNetwork;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;

/**
 * Passes of sequences of tokens. Padding counts nothing.
 *
 * @param size sequences per batch
 */
public record SequencePasses(StackedNetwork network, TextDataset data, int size)
    implements StackPasses {
  /** So much less than any score that softmax makes nothing of it; finite, so none is NaN. */
  private static final float NEVER = -1e30f;

  @Override
  public HeldOutBatches batches() {
    return new HeldOutBatches(data.size(), size);
  }

  @Override
  public NDArray embed(int batch, Weights weights, NDManager manager) {
    return network.embed(weights, tokens(batch, manager), ForwardHooks.NONE);
  }

  @Override
  public NDArray layer(
      int layer, int batch, Weights weights, NDArray x, NDManager manager, ForwardHooks hooks) {
    return network.layer(layer, weights, x, network.context(tokens(batch, manager), x), hooks);
  }

  @Override
  public NDArray rows(int batch, NDArray x) {
    return RealTokens.of(read(batch)).rows(x);
  }

  @Override
  public NDArray heldOutSays(int batch, Weights weights, NDManager manager) {
    TokenBatch heldOut = data.batch(batches().heldOut(batch));
    NDArray said = network.forward(weights, Tokens.of(manager, heldOut), ForwardHooks.NONE);
    if (network.input().task() == TextTask.QUESTION_ANSWERING) {
      return ofPlaces(said, heldOut);
    }
    return said.getShape().dimension() == 2 ? said : RealTokens.of(heldOut).rows(said);
  }

  /**
   * The Kullback-Leibler divergence where scores are a distribution, 1 - the cosine of embeddings,
   * and else the squared difference.
   */
  @Override
  public double distance(NDArray wanted, NDArray found) {
    if (network.input().task() == TextTask.FEATURE_EXTRACTION) {
      NDArray cosines =
          Tensors.sum(Tensors.multiply(Tensors.unitRows(wanted), Tensors.unitRows(found)), 1);
      return 1 - Tensors.mean(Tensors.inDoublePrecision(cosines)).getDouble();
    }
    return isDistribution(network.input())
        ? Losses.divergence(wanted, found).getFloat()
        : Tensors.mean(Tensors.square(Tensors.subtract(wanted, found))).getFloat();
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

  private static boolean isDistribution(TextInput input) {
    return switch (input.task()) {
      case TEXT_CLASSIFICATION -> input.problem() == ProblemType.SINGLE_LABEL;
      case TOKEN_CLASSIFICATION, FILL_MASK, TEXT_GENERATION, QUESTION_ANSWERING -> true;
      case FEATURE_EXTRACTION -> false;
    };
  }

  private TokenBatch read(int batch) {
    return data.batch(batches().of(batch));
  }

  private Tokens tokens(int batch, NDManager manager) {
    return Tokens.of(manager, read(batch));
  }
}
