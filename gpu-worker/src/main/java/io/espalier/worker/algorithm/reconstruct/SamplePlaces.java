package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * The places at which the samples of a layer are taken: in each batch others, in each of its images
 * the same.
 *
 * @param rows samples that are wanted of all images
 * @param images how many there are
 * @param seed decides which places are drawn
 */
record SamplePlaces(long rows, int images, long seed) {
  /**
   * Places in one batch, ascending.
   *
   * @param y what the layer says, (batch, channels, h, w)
   */
  int[] of(int batch, NDArray y) {
    int all = Math.toIntExact(y.getShape().get(2) * y.getShape().get(3));
    int wanted = Math.toIntExact(Math.min(all, (rows + images - 1) / images));
    return wanted == all
        ? IntStream.range(0, all).toArray()
        : new Random(seed * 31 + batch).ints(0, all).distinct().limit(wanted).sorted().toArray();
  }
}
