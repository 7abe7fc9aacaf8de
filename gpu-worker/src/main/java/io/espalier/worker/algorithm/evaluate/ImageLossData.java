package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;

/** Images with classes, and the cross entropy of a network's scores in nats. */
public record ImageLossData(ImageNetwork network, ImageDataset data) implements LossData {
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
    return new ImageLossData(network, data.drawn(data.size(), seed));
  }

  @Override
  public Piece piece(int[] indices) {
    Batch batch = data.batch(indices);
    return new Piece() {
      @Override
      public long count() {
        return batch.size();
      }

      @Override
      public NDArray sum(Weights weights, NDManager manager, ForwardHooks hooks) {
        NDArray scores = network.forward(weights, Batches.images(data, batch, manager), hooks);
        NDArray classes = Tensors.of(manager, batch.labels(), batch.size());
        return Tensors.scale(Losses.crossEntropy(scores, classes), batch.size());
      }
    };
  }
}
