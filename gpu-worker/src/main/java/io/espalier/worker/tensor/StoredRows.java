package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;

/** Stretches of stored tensors as arrays, and arrays as they are stored. */
public final class StoredRows {
  private StoredRows() {}

  /** Tells whether numbers of a type can be computed with. */
  public static boolean supports(DType type) {
    return StoredTensor.supports(type);
  }

  /** Loads all of a tensor, float32, of its shape. */
  public static NDArray load(ModelDirectory model, String tensor, NDManager manager) {
    try (TensorReader reader = model.reader(tensor)) {
      return StoredTensor.load(reader, manager);
    }
  }

  /**
   * Loads some rows of a tensor, float32, (rows, …).
   *
   * @param from the first of them
   * @param to behind the last of them
   */
  public static NDArray load(
      ModelDirectory model, String tensor, int from, int to, NDManager manager) {
    try (TensorReader reader = model.reader(tensor)) {
      return StoredTensor.load(reader, IntStream.range(from, to).toArray(), manager);
    }
  }

  /** Stores an array as bytes of a type, rounded to nearest even; row-major and little-endian. */
  public static ByteBuffer bytes(NDArray array, DType type) {
    return StoredTensor.store(array, type).bytes();
  }

  /** Stores so many times the same number, (count), rounded to a type. */
  public static TensorData constant(double value, int count, DType type) {
    try (NDManager manager = PyTorch.newManager()) {
      double[] all = new double[count];
      Arrays.fill(all, value);
      return StoredTensor.store(Tensors.of(manager, all, count), type);
    }
  }
}
