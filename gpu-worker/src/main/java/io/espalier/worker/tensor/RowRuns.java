package io.espalier.worker.tensor;

import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import java.nio.ByteBuffer;

/**
 * Some rows of a stored tensor, those that follow each other read at once, the others not at all.
 */
final class RowRuns {
  /** Cost of a read beside its bytes, in bytes: no disk gives less than a page. */
  private static final int EACH = 4096;

  private final TensorHeader tensor;
  private final int[] rows;
  private final long width;

  /**
   * Rows of a tensor of one dimension or more.
   *
   * @param rows their numbers, ascending
   */
  RowRuns(TensorHeader tensor, int[] rows) {
    this.tensor = tensor;
    this.rows = rows.clone();
    this.width = tensor.elements() / tensor.shape()[0];
  }

  /** Returns whether reading them takes less than reading the whole tensor. */
  boolean pay() {
    long runs = 1;
    for (int i = 1; i < rows.length; i++) {
      runs += rows[i] == rows[i - 1] + 1 ? 0 : 1;
    }
    long wanted = tensor.bytes() / tensor.shape()[0] * rows.length;
    return wanted + runs * EACH < tensor.bytes();
  }

  /**
   * Writes elements of the rows one after another.
   *
   * @param stored writes elements of the whole tensor
   * @param from position of the first in what the rows are together
   * @param elementBytes size of each as it is written
   */
  void fill(Tensors.Filler stored, long from, ByteBuffer into, int elementBytes) {
    long at = from;
    while (into.hasRemaining()) {
      int row = (int) (at / width);
      long start = rows[row] * width + at % width;
      int last = row;
      while (last + 1 < rows.length && rows[last + 1] == rows[last] + 1) {
        last++;
      }
      long left = (rows[last] + 1) * width - start;
      int bytes = (int) Math.min(left * elementBytes, into.remaining());
      stored.fill(start, into.slice(into.position(), bytes).order(into.order()));
      into.position(into.position() + bytes);
      at += bytes / elementBytes;
    }
  }
}
