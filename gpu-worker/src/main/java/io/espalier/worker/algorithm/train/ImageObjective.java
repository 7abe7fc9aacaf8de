package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * Classes of images: the cross entropy of what a network says of changed images, in nats.
 *
 * @param data images with classes
 * @param augmentation what happens to images before they are shown
 * @param labelSmoothing share of the target that is spread over all classes, from 0 up to
 *     (excluding) 1
 */
public record ImageObjective(
    VisionFamily family, ImageDataset data, Augmentation augmentation, double labelSmoothing)
    implements Objective {
  /** An objective; {@code labelSmoothing} must be in range. */
  public ImageObjective {
    if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
      throw new IllegalArgumentException(
          "labelSmoothing must be from 0 to less than 1: " + labelSmoothing);
    }
  }

  @Override
  public int size() {
    return data.size();
  }

  @Override
  public String fingerprint() {
    return "%s %s %s".formatted(data.fingerprint(), augmentation, labelSmoothing);
  }

  @Override
  public Piece piece(int[] indices, SplittableRandom random) {
    Batch batch = augmentation.apply(data.batch(indices), data, random);
    return new Piece() {
      @Override
      public long count() {
        return batch.size();
      }

      @Override
      public long tokens() {
        return 0;
      }

      @Override
      public Supplier<NDArray> sum(Weights weights, NDManager manager) {
        NDArray images = Batches.images(data, batch, manager);
        NDArray labels = Tensors.of(manager, batch.labels(), batch.size());
        return () ->
            Tensors.scale(loss(family.forward(weights, images, Mode.TRAIN), labels), batch.size());
      }
    };
  }

  /** Cross entropy against labels of which a share is spread over all classes. */
  private NDArray loss(NDArray logits, NDArray labels) {
    NDArray hard = Losses.crossEntropy(logits, labels);
    if (labelSmoothing == 0) {
      return hard;
    }
    NDArray even = Tensors.negate(Tensors.mean(Tensors.logSoftmax(logits, 1)));
    return Tensors.add(
        Tensors.scale(hard, 1 - labelSmoothing), Tensors.scale(even, labelSmoothing));
  }
}
