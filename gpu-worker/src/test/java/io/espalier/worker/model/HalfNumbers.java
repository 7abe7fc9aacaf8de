package io.espalier.worker.model;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Float32 numbers in two bytes, by shifting bits; what does not fit is cut off, and what is too
 * small for F16 is zero.
 */
public final class HalfNumbers {
  private static final int LOST = 13;
  private static final int SMALLEST = 127 - 14;

  private HalfNumbers() {}

  /** Numbers in two bytes each. */
  public static TensorData narrowed(TensorData tensor, DType type) {
    ByteBuffer from = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = buffer(from.remaining() / 2);
    while (from.hasRemaining()) {
      int bits = from.getInt();
      to.putShort((short) (type == DType.BF16 ? bits >>> 16 : half(bits)));
    }
    return new TensorData(type, tensor.shape(), to.flip());
  }

  /** The same numbers as float32. */
  public static TensorData rounded(TensorData tensor, DType type) {
    ByteBuffer from = tensor.bytes().order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer to = buffer(from.remaining());
    while (from.hasRemaining()) {
      int bits = from.getInt();
      int cut = type == DType.BF16 ? bits & 0xffff0000 : (bits >>> LOST) << LOST;
      to.putInt(type == DType.F16 && isTooSmall(bits) ? 0 : cut);
    }
    return new TensorData(DType.F32, tensor.shape(), to.flip());
  }

  private static int half(int bits) {
    if (isTooSmall(bits)) {
      return 0;
    }
    int exponent = ((bits >>> 23) & 0xff) - 127 + 15;
    return ((bits >>> 16) & 0x8000) | (exponent << 10) | ((bits >>> LOST) & 0x3ff);
  }

  private static boolean isTooSmall(int bits) {
    return ((bits >>> 23) & 0xff) < SMALLEST;
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
