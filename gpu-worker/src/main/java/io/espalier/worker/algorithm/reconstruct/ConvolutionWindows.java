package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;

/**
 * The windows of a convolution at some of its places, one after another as rows: what it reads
 * becomes what a linear layer would read.
 *
 * @param kernel rows and columns of a window
 * @param stride distance of neighbouring windows
 * @param padding zeros on all four sides
 */
record ConvolutionWindows(int kernel, int stride, int padding) {
  /** Returns how many windows there are along an axis of so many points. */
  long along(long points) {
    return (points + 2L * padding - kernel) / stride + 1;
  }

  /**
   * Returns what a convolution reads, by windows.
   *
   * @param x (batch, channels, h, w)
   * @param places among the positions of what it says, row by row
   * @return (batch · places, kernel · kernel · channels), image by image; the columns in the order
   *     of {@link #rows}
   */
  NDArray read(NDArray x, int[] places) {
    NDArray padded = FeatureMaps.padBorder(x, padding);
    Shape shape = padded.getShape();
    int batch = Math.toIntExact(shape.get(0));
    long[] points = points(batch, shape, Math.toIntExact(along(x.getShape().get(3))), places);
    NDArray taken =
        Tensors.embedding(
            Tensors.points(padded), Tensors.of(x.getManager(), points, points.length));
    return Tensors.reshape(
        taken, (long) batch * places.length, (long) kernel * kernel * shape.get(1));
  }

  /** Returns the points of the kernel for each window of each image, counted through all images. */
  private long[] points(int batch, Shape padded, int width, int[] places) {
    int row = Math.toIntExact(padded.get(3));
    long image = padded.get(2) * row;
    long[] points = new long[batch * places.length * kernel * kernel];
    int next = 0;
    for (int i = 0; i < batch; i++) {
      for (int place : places) {
        long corner = i * image + ((long) place / width * row + place % width) * stride;
        for (int point = 0; point < kernel * kernel; point++) {
          points[next++] = corner + (long) point / kernel * row + point % kernel;
        }
      }
    }
    return points;
  }

  /** Returns a weight, (out, in, kernel, kernel), as a matrix: (out, kernel · kernel · in). */
  static NDArray rows(NDArray weight) {
    Shape shape = weight.getShape();
    long area = shape.get(2) * shape.get(3);
    NDArray apart = Tensors.reshape(weight, shape.get(0), shape.get(1), area);
    return Tensors.reshape(Tensors.transpose(apart, 1, 2), shape.get(0), area * shape.get(1));
  }

  /** Returns the weight of a shape, (out, in, kernel, kernel), whose {@link #rows} a matrix is. */
  static NDArray weight(NDArray rows, Shape shape) {
    long area = shape.get(2) * shape.get(3);
    NDArray apart = Tensors.reshape(rows, shape.get(0), area, shape.get(1));
    return Tensors.reshape(Tensors.transpose(apart, 1, 2), shape.getShape());
  }

  /**
   * Returns what a convolution says at some places, or what is added to it there.
   *
   * @param y (batch, channels, h, w)
   * @return (batch · places, channels), image by image
   */
  static NDArray said(NDArray y, int[] places) {
    int batch = Math.toIntExact(y.getShape().get(0));
    long image = y.getShape().get(2) * y.getShape().get(3);
    long[] points = new long[batch * places.length];
    for (int i = 0; i < points.length; i++) {
      points[i] = i / places.length * image + places[i % places.length];
    }
    return Tensors.embedding(Tensors.points(y), Tensors.of(y.getManager(), points, points.length));
  }
}
