package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * What is right of texts: the loss of a network's task.
 *
 * @param loss of what the network says
 * @param data sequences with what is right
 */
public record TextObjective(TextNetwork network, TextLoss loss, TextDataset data)
    implements Objective {
  /**
   * The objective of a network's task.
   *
   * @throws IllegalArgumentException if nothing can be right or wrong in what it does
   */
  public static TextObjective of(TextNetwork network, TextDataset data) {
    return new TextObjective(network, TextLoss.of(network.input()), data);
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    return data.fingerprint();
  }

  @Override
  public Piece piece(int[] indices, SplittableRandom random) {
    TokenBatch batch = data.batch(indices);
    return new Piece() {
      @Override
      public long count() {
        return loss.count(batch);
      }

      @Override
      public long tokens() {
        return LongStream.of(batch.mask()).sum();
      }

      @Override
      public Supplier<NDArray> sum(Weights weights, NDManager manager) {
        Tokens tokens = Tokens.of(manager, batch);
        return () -> loss.sum(network.forward(weights, tokens, ForwardHooks.NONE), batch);
      }
    };
  }
}
