package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
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
  /**
   * Returns what a convolution reads, by windows.
   *
   * @param x (batch, channels, h, w)
   * @param width of what it says
   * @param places among the positions of what it says, row by row
   * @return (batch · places, channels · kernel · kernel), image by image; the columns in the order
   *     of the convolution's weight
   */
  NDArray read(NDArray x, int width, int[] places) {
    NDArray padded = Tensors.padBorder(x, padding);
    long batch = x.getShape().get(0);
    long channels = x.getShape().get(1);
    int row = Math.toIntExact(padded.getShape().get(3));
    NDArray flat = Tensors.reshape(padded, batch, channels, padded.getShape().get(2) * row);
    NDArray taken = Tensors.select(flat, 2, indices(row, width, places));
    int area = kernel * kernel;
    NDArray apart = Tensors.reshape(taken, batch, channels, area, places.length);
    NDArray byPlace =
        Tensors.transpose(Tensors.transpose(apart, 2, 3), 1, 2); // (batch, places, channels, area)
    return Tensors.reshape(byPlace, batch * places.length, channels * area);
  }

  /** Of each point of the kernel, where it reads for each place. */
  private int[] indices(int row, int width, int[] places) {
    int[] indices = new int[kernel * kernel * places.length];
    int next = 0;
    for (int point = 0; point < kernel * kernel; point++) {
      for (int place : places) {
        int y = place / width * stride + point / kernel;
        int x = place % width * stride + point % kernel;
        indices[next++] = y * row + x;
      }
    }
    return indices;
  }

  /**
   * Returns what a convolution says at some places, or what is added to it there.
   *
   * @param y (batch, channels, h, w)
   * @return (batch · places, channels), image by image
   */
  static NDArray said(NDArray y, int[] places) {
    long batch = y.getShape().get(0);
    long channels = y.getShape().get(1);
    NDArray flat = Tensors.reshape(y, batch, channels, y.getShape().get(2) * y.getShape().get(3));
    NDArray taken =
        Tensors.transpose(Tensors.select(flat, 2, places), 1, 2); // (batch, places, channels)
    return Tensors.reshape(taken, batch * places.length, channels);
  }
}
