package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Weights;

/** Sequences of tokens with the loss of what a network says of them. */
public record TextLossData(TextNetwork network, TextLoss loss, TextDataset data)
    implements LossData {
  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    return data.fingerprint();
  }

  @Override
  public LossData shuffled(long seed) {
    return new TextLossData(network, loss, data.drawn(data.examples(), seed));
  }

  @Override
  public Piece piece(int[] indices) {
    TokenBatch batch = data.batch(indices);
    return new Piece() {
      @Override
      public long count() {
        return loss.count(batch);
      }

      @Override
      public NDArray sum(Weights weights, NDManager manager, ForwardHooks hooks) {
        return loss.sum(network.forward(weights, Tokens.of(manager, batch), hooks), batch);
      }
    };
  }
}
