package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;

/**
 * Passes of images.
 *
 * @param size images per batch
 */
public record ImagePasses(ImageNetwork network, ImageDataset data, int size)
    implements StackPasses {
  @Override
  public HeldOutBatches batches() {
    return new HeldOutBatches(data.size(), size);
  }

  @Override
  public NDArray embed(int batch, Weights weights, NDManager manager) {
    return network.embed(weights, images(batches().of(batch), manager));
  }

  @Override
  public NDArray layer(
      int layer, int batch, Weights weights, NDArray x, NDManager manager, ForwardHooks hooks) {
    return network.layer(layer, weights, x, hooks);
  }

  @Override
  public NDArray rows(int batch, NDArray x) {
    var shape = x.getShape();
    return Tensors.reshape(x, shape.get(0) * shape.get(1), shape.get(2));
  }

  @Override
  public NDArray heldOutSays(int batch, Weights weights, NDManager manager) {
    return network.forward(weights, images(batches().heldOut(batch), manager), ForwardHooks.NONE);
  }

  /** The Kullback-Leibler divergence of the distributions over classes. */
  @Override
  public double distance(NDArray wanted, NDArray found) {
    return Losses.divergence(wanted, found).getFloat();
  }

  private NDArray images(int[] indices, NDManager manager) {
    return Batches.images(data, data.batch(indices), manager);
  }
}
