package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.tensor.Tensors;
import java.util.stream.IntStream;

/**
 * A data set in its own order, cut into batches; the last one may be smaller.
 *
 * @param data at least one image
 * @param batch images per batch
 */
public record Batches(ImageDataset data, int batch) {
  /** Batches; both numbers must be positive. */
  public Batches {
    if (batch < 1) {
      throw new IllegalArgumentException(
          "a batch of %d images; at least 1 is needed".formatted(batch));
    }
    if (data.size() < 1) {
      throw new IllegalArgumentException("an empty data set; at least one image is needed");
    }
  }

  /** Returns how many there are. */
  public int count() {
    return (data.size() + batch - 1) / batch;
  }

  /**
   * Returns how many of them BatchNorm is calibrated on: all full ones, or the only one there is.
   * Every batch counts the same, so one that is not full would count too much.
   */
  public int calibrating() {
    return Math.max(1, data.size() / batch);
  }

  /** One of them, from 0. */
  public Batch get(int index) {
    int end = Math.min((index + 1) * batch, data.size());
    return data.batch(IntStream.range(index * batch, end).toArray());
  }

  /** (batch, channels, height, width). */
  public NDArray images(Batch of, NDManager manager) {
    return images(data, of, manager);
  }

  /** The images of a batch of a data set: (batch, channels, height, width). */
  public static NDArray images(ImageDataset data, Batch of, NDManager manager) {
    return Tensors.images(
        manager, of.pixels(), of.size(), data.channels(), data.height(), data.width());
  }
}
