package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.Samples;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.function.ToLongFunction;

/**
 * Samples with the loss of what a network says of them.
 *
 * @param <B> some of them, in the form in which the network takes them
 * @param samples all of them
 * @param count says how many answers, texts, tokens or images some of them ask for
 * @param sum gives the sum of the losses of these
 */
public record SampleLossData<B>(Samples<B> samples, ToLongFunction<B> count, LossSum<B> sum)
    implements LossData {
  /**
   * Sum of losses of some samples.
   *
   * @param <B> the samples
   */
  @FunctionalInterface
  public interface LossSum<B> {
    /** Returns it, as {@link LossData.Piece#sum} says. */
    NDArray of(B batch, Weights weights, NDManager manager, ForwardHooks hooks);
  }

  /** Images with classes, and the cross entropy of a network's scores in nats. */
  public static SampleLossData<Batch> ofImages(ImageNetwork network, ImageDataset images) {
    return new SampleLossData<>(
        images,
        Batch::size,
        (batch, weights, manager, hooks) -> {
          NDArray pixels = Batches.images(images, batch, manager);
          NDArray classes = Tensors.of(manager, batch.labels(), batch.size());
          NDArray mean = Losses.crossEntropy(network.forward(weights, pixels, hooks), classes);
          return Tensors.scale(mean, batch.size());
        });
  }

  /** Sequences of tokens with the loss of what a network says of them. */
  public static SampleLossData<TokenBatch> ofTexts(
      TextNetwork network, TextLoss loss, TextDataset texts) {
    return new SampleLossData<>(
        texts,
        loss::count,
        (batch, weights, manager, hooks) ->
            loss.sum(network.forward(weights, Tokens.of(manager, batch), hooks), batch));
  }

  @Override
  public int size() {
    return samples.size();
  }

  @Override
  public String fingerprint() {
    return samples.fingerprint();
  }

  @Override
  public LossData shuffled(long seed) {
    return new SampleLossData<>(samples.shuffled(seed), count, sum);
  }

  @Override
  public Piece piece(int[] indices) {
    B batch = samples.batch(indices);
    return new Piece() {
      @Override
      public long count() {
        return count.applyAsLong(batch);
      }

      @Override
      public NDArray sum(Weights weights, NDManager manager, ForwardHooks hooks) {
        return sum.of(batch, weights, manager, hooks);
      }
    };
  }
}
