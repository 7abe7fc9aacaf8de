package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.checkpoint.DType;
import io.espalier.worker.checkpoint.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;

/**
 * Between tensors as they are stored and arrays that are computed with: floating-point numbers of
 * any precision become float32 and go back rounded to nearest even; int64 stays.
 */
final class StoredTensor {
  /*
   * BF16 is converted here, in Java, since the array library's native layer aborts the JVM on it. It
   * is the upper half of a float32, so widening appends zeros; narrowing rounds the lower half away.
   */
  private static final Map<DType, DataType> NATIVE =
      new EnumMap<>(
          Map.of(
              DType.F32, DataType.FLOAT32,
              DType.F16, DataType.FLOAT16,
              DType.F64, DataType.FLOAT64,
              DType.I64, DataType.INT64));

  private StoredTensor() {}

  /** Whether numbers of this type can be loaded. */
  static boolean supports(DType type) {
    return type == DType.BF16 || NATIVE.containsKey(type);
  }

  /** An array of its own on the manager; float32 unless int64 is stored. */
  static NDArray load(TensorData data, NDManager manager) {
    if (data.dtype() == DType.BF16) {
      return widened(data, manager);
    }
    DataType type = nativeType(data.dtype());
    NDArray loaded = T.owned(manager, data.bytes(), data.shape(), type);
    if (type == DataType.FLOAT32 || type == DataType.INT64) {
      return loaded;
    }
    try (loaded) {
      return loaded.toType(DataType.FLOAT32, true);
    }
  }

  /** The numbers of an array in the given type, in a buffer of their own. */
  static TensorData store(NDArray array, DType as) {
    long[] shape = array.getShape().getShape();
    if (as == DType.BF16) {
      return new TensorData(as, shape, narrow(bytes(array, DataType.FLOAT32)));
    }
    return new TensorData(as, shape, bytes(array, nativeType(as)));
  }

  private static DataType nativeType(DType type) {
    DataType found = NATIVE.get(type);
    if (found == null) {
      throw new IllegalArgumentException(
          "numbers of type %s cannot be computed with".formatted(type));
    }
    return found;
  }

  private static ByteBuffer bytes(NDArray array, DataType type) {
    try (NDArray converted = array.toType(type, true)) {
      ByteBuffer shared = converted.toByteBuffer();
      return T.direct(shared.remaining()).put(shared).flip().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /**
   * Piece by piece, since what is stored in a Java buffer may be too large for one when widened.
   */
  private static NDArray widened(TensorData data, NDManager manager) {
    ByteBuffer stored = data.bytes();
    return T.inPieces(
        manager,
        new Shape(data.shape()),
        (from, to) -> {
          int start = Math.toIntExact(from * Short.BYTES);
          int length = Math.toIntExact((to - from) * Short.BYTES);
          return widen(stored.slice(start, length).order(ByteOrder.LITTLE_ENDIAN));
        });
  }

  private static ByteBuffer widen(ByteBuffer stored) {
    ByteBuffer wide = T.direct(2L * stored.remaining());
    while (stored.hasRemaining()) {
      wide.putInt(stored.getShort() << Short.SIZE);
    }
    return wide.flip();
  }

  private static ByteBuffer narrow(ByteBuffer wide) {
    ByteBuffer stored = T.direct(wide.remaining() / 2);
    while (wide.hasRemaining()) {
      stored.putShort(round(wide.getInt()));
    }
    return stored.flip();
  }

  /** The upper half of a float's bits, rounded to nearest, ties to even; NaN stays NaN. */
  private static short round(int bits) {
    if (Float.isNaN(Float.intBitsToFloat(bits))) {
      return (short) ((bits >>> Short.SIZE) | 0x40);
    }
    int even = (bits >>> Short.SIZE) & 1;
    return (short) ((bits + 0x7fff + even) >>> Short.SIZE);
  }
}
