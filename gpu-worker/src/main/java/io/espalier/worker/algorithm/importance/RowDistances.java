package io.espalier.worker.algorithm.importance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Euclidean distances of the rows of a matrix from each other, summed up row by row.
 *
 * <p>They come from scalar products, {@code |a - b|² = |a|² + |b|² - 2 a·b}, in float64, block of
 * rows by block of rows and a stretch of columns at a time, so that memory does not depend on the
 * matrix. Rows are taken relative to their mean, which changes no distance and leaves fewer digits
 * to cancel out.
 */
final class RowDistances {
  /** Rows and columns that are multiplied at a time: 8 MiB of float64. */
  private static final int BLOCK = 1024;

  private final Numbers matrix;
  private final int rows;
  private final int columns;
  private final int block;
  private final ByteBuffer buffer;
  private final double[] mean;
  private final double[] squares;
  private final double[] sums;

  private RowDistances(Numbers matrix, int rows, int block) {
    this.matrix = matrix;
    this.rows = rows;
    this.columns = matrix.size() / rows;
    this.block = block;
    this.buffer =
        ByteBuffer.allocateDirect(Math.min(block, rows) * Math.min(block, columns) * Double.BYTES)
            .order(ByteOrder.nativeOrder());
    this.mean = mean();
    this.squares = new double[rows];
    this.sums = new double[rows];
  }

  /** For each row of a matrix the sum of its distances from all rows. */
  static double[] sums(Numbers matrix, int rows) {
    return sums(matrix, rows, BLOCK);
  }

  static double[] sums(Numbers matrix, int rows, int block) {
    var distances = new RowDistances(matrix, rows, block);
    try (NDManager manager = PyTorch.newManager()) {
      for (int first = 0; first < rows; first += block) {
        distances.within(manager, first);
        for (int second = 0; second < first; second += block) {
          distances.between(manager, first, second);
        }
      }
    }
    return distances.sums;
  }

  /** The distances within a block, and its squares for those from other blocks. */
  private void within(NDManager manager, int first) {
    double[] products = products(manager, first, first);
    int count = count(first);
    for (int i = 0; i < count; i++) {
      squares[first + i] = products[i * count + i];
      for (int j = 0; j < i; j++) {
        add(first + i, first + j, products[i * count + j]);
      }
    }
  }

  private void between(NDManager manager, int first, int second) {
    double[] products = products(manager, first, second);
    int count = count(second);
    for (int i = 0; i < count(first); i++) {
      for (int j = 0; j < count; j++) {
        add(first + i, second + j, products[i * count + j]);
      }
    }
  }

  private void add(int i, int j, double product) {
    double square = squares[i] + squares[j] - 2 * product;
    // not a number stays none
    double distance = square < 0 ? 0 : Math.sqrt(square);
    sums[i] += distance;
    sums[j] += distance;
  }

  /** The scalar products of the rows of two blocks. */
  private double[] products(NDManager manager, int first, int second) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray sum =
          Tensors.of(
              manager, new double[count(first) * count(second)], count(first), count(second));
      for (int column = 0; column < columns; column += block) {
        try (var stretch = new NDScope()) {
          stretch.suppressNotUsedWarning();
          NDArray a = part(manager, first, column);
          NDArray b = first == second ? a : part(manager, second, column);
          Tensors.addScaledInPlace(sum, Tensors.products(a, b), 1);
        }
      }
      return sum.toDoubleArray();
    }
  }

  private int count(int first) {
    return Math.min(block, rows - first);
  }

  private NDArray part(NDManager manager, int first, int column) {
    int height = count(first);
    int width = Math.min(block, columns - column);
    buffer.clear();
    for (int i = 0; i < height; i++) {
      int from = (first + i) * columns + column;
      for (int j = 0; j < width; j++) {
        buffer.putDouble(matrix.at(from + j) - mean[column + j]);
      }
    }
    return Tensors.of(manager, buffer.flip(), height, width);
  }

  private double[] mean() {
    double[] mean = new double[columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        mean[j] += matrix.at(i * columns + j) / rows;
      }
    }
    return mean;
  }
}
