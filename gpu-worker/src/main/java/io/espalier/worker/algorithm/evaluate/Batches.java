package io.espalier.worker.algorithm.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.tensor.T;
import java.util.stream.IntStream;

/** A data set in its own order, cut into batches; the last one may be smaller. */
record Batches(ImageDataset data, int batch) {
  Batches {
    if (batch < 1) {
      throw new IllegalArgumentException(
          "a batch of %d images; at least 1 is needed".formatted(batch));
    }
    if (data.size() < 1) {
      throw new IllegalArgumentException("an empty data set; at least one image is needed");
    }
  }

  int count() {
    return (data.size() + batch - 1) / batch;
  }

  Batch get(int index) {
    int end = Math.min((index + 1) * batch, data.size());
    return data.batch(IntStream.range(index * batch, end).toArray());
  }

  /** (batch, channels, height, width). */
  NDArray images(Batch of, NDManager manager) {
    return T.of(manager, of.pixels(), of.size(), data.channels(), data.height(), data.width());
  }
}
