package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Numbers of a tensor, a block of rows at a time, as float32. Memory does not depend on the size of
 * the tensor.
 */
final class WeightRows {
  /** Numbers of a block, unless a few rows are more. */
  private static final int BLOCK = 1 << 18;

  /** Rows of a block are a multiple of this, so that what is packed along them fills words. */
  private static final int MULTIPLE = 8;

  private final ModelDirectory model;

  WeightRows(ModelDirectory model) {
    this.model = model;
  }

  /** Takes blocks of rows. */
  @FunctionalInterface
  interface Blocks {
    /**
     * Takes a block.
     *
     * @param numbers row by row from the beginning of the array on; valid until the next block
     * @param rows how many
     */
    void take(float[] numbers, int rows) throws IOException;
  }

  /**
   * Reads a tensor of (rows, width).
   *
   * @param width numbers of a row; all of them together are a multiple of it
   * @throws InvalidInputException if one of them is not finite, with its place
   */
  void forEach(TensorHeader tensor, int width, Blocks blocks) throws IOException {
    long rows = tensor.elements() / width;
    int most = (int) Math.min(rows, Math.max(MULTIPLE, BLOCK / width / MULTIPLE * MULTIPLE));
    int bytes = tensor.dtype().bits() / Byte.SIZE;
    ByteBuffer stored = ByteBuffer.allocate(most * width * bytes).order(ByteOrder.LITTLE_ENDIAN);
    float[] numbers = new float[most * width];
    try (TensorReader reader = model.reader(tensor.name())) {
      for (long row = 0; row < rows; row += most) {
        int count = (int) Math.min(most, rows - row);
        reader.read(row * width * bytes, stored.clear().limit(count * width * bytes));
        FloatBytes.read(tensor.dtype(), stored.flip(), numbers, count * width);
        requireFinite(tensor, numbers, count * width, row * width);
        blocks.take(numbers, count);
      }
    }
  }

  private void requireFinite(TensorHeader tensor, float[] numbers, int count, long first) {
    float nothing = 0; // becomes undefined by any number that is not finite
    for (int i = 0; i < count; i++) {
      nothing += numbers[i] * 0;
    }
    if (nothing == 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(numbers[i])) {
        throw new InvalidInputException(
            "%s: tensor '%s' has %s at %s, but quantization wants finite numbers that float32 holds; repair the model"
                .formatted(model.path(), tensor.name(), numbers[i], place(tensor, first + i)));
      }
    }
  }

  /** Indices of an element, such as {@code [3, 17]}. */
  private static String place(TensorHeader tensor, long element) {
    long[] shape = tensor.shape();
    String indices = "";
    long left = element;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      indices = left % shape[axis] + (indices.isEmpty() ? "" : ", ") + indices;
      left /= shape[axis];
    }
    return "[" + indices + "]";
  }
}
