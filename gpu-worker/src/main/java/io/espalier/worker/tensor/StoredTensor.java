package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
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

  /** Returns whether numbers of this type can be loaded. */
  static boolean supports(DType type) {
    return type == DType.BF16 || NATIVE.containsKey(type);
  }

  /** An array of its own on the manager; float32 unless int64 is stored. */
  static NDArray load(TensorReader stored, NDManager manager) {
    DataType type = filledAs(stored.tensor().dtype());
    return computable(
        Tensors.filled(manager, new Shape(stored.tensor().shape()), type, filler(stored, type)));
  }

  /** The same of some rows only, in their order. */
  static NDArray load(TensorReader stored, int[] rows, NDManager manager) {
    DataType type = filledAs(stored.tensor().dtype());
    Tensors.Filler whole = filler(stored, type);
    var runs = new RowRuns(stored.tensor(), rows);
    long[] shape = stored.tensor().shape();
    shape[0] = rows.length;
    return computable(
        Tensors.filled(
            manager,
            new Shape(shape),
            type,
            (from, into) -> runs.fill(whole, from, into, type.getNumOfBytes())));
  }

  private static DataType filledAs(DType stored) {
    return stored == DType.BF16 ? DataType.FLOAT32 : nativeType(stored);
  }

  private static Tensors.Filler filler(TensorReader stored, DataType type) {
    if (stored.tensor().dtype() == DType.BF16) {
      return new Widening(stored)::fill;
    }
    int bytes = type.getNumOfBytes();
    return (from, into) -> stored.read(from * bytes, into);
  }

  private static NDArray computable(NDArray loaded) {
    DataType type = loaded.getDataType();
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
      return Tensors.direct(shared.remaining()).put(shared).flip().order(ByteOrder.LITTLE_ENDIAN);
    }
  }

  /** Fills float32 arrays with what is stored in BF16, through a small buffer. */
  private static final class Widening {
    private static final int BYTES = 1 << 16;

    private final TensorReader stored;

    /** On the heap: what lies outside it is freed only by chance. */
    private final ByteBuffer room = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);

    Widening(TensorReader stored) {
      this.stored = stored;
    }

    void fill(long from, ByteBuffer wide) {
      long at = from * Short.BYTES;
      while (wide.hasRemaining()) {
        room.clear().limit(Math.min(BYTES, wide.remaining() / 2));
        stored.read(at, room);
        at += room.position();
        widen(room.flip(), wide);
      }
    }

    /** Two numbers at a time, in one read and one write. */
    private static void widen(ByteBuffer narrow, ByteBuffer wide) {
      LongBuffer pairs = wide.asLongBuffer();
      int count = narrow.remaining() / Integer.BYTES;
      for (int i = 0; i < count; i++) {
        long two = narrow.getInt(i * Integer.BYTES);
        pairs.put(i, (two & 0xffff0000L) << Integer.SIZE | (two & 0xffffL) << Short.SIZE);
      }
      wide.position(wide.position() + count * Long.BYTES);
      narrow.position(count * Integer.BYTES);
      if (narrow.hasRemaining()) {
        wide.putInt(narrow.getShort() << Short.SIZE);
      }
    }
  }

  private static ByteBuffer narrow(ByteBuffer wide) {
    ByteBuffer stored = Tensors.direct(wide.remaining() / 2);
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
