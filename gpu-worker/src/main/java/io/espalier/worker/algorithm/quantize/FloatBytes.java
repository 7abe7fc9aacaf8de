package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.safetensors.DType;
import java.nio.ByteBuffer;

/** Stored floating-point numbers of any precision as float32, and back, to nearest even. */
final class FloatBytes {
  private static final int HALF_BIAS = 127 - 15;
  private static final int HALF_DROPPED = 23 - 10;

  /** From here on halves round to infinity. */
  private static final int HALF_INFINITE = Float.floatToRawIntBits(65520);

  private static final int LEAST_NORMAL_HALF = Float.floatToRawIntBits(0x1p-14f);

  private FloatBytes() {}

  /** Returns whether a type is one of these. */
  static boolean supports(DType type) {
    return type == DType.F32 || type == DType.F16 || type == DType.BF16 || type == DType.F64;
  }

  /** Reads the next numbers of a little-endian buffer into the beginning of an array. */
  static void read(DType type, ByteBuffer from, float[] into, int count) {
    switch (type) {
      case F32 -> from.asFloatBuffer().get(into, 0, count);
      case BF16 -> {
        for (int i = 0; i < count; i++) {
          into[i] = Float.intBitsToFloat(from.getShort(from.position() + 2 * i) << Short.SIZE);
        }
      }
      case F16 -> {
        for (int i = 0; i < count; i++) {
          into[i] = ofHalf(from.getShort(from.position() + 2 * i));
        }
      }
      case F64 -> {
        for (int i = 0; i < count; i++) {
          into[i] = (float) from.getDouble(from.position() + 8 * i);
        }
      }
      default -> throw new IllegalArgumentException(type + " holds no floating-point numbers");
    }
  }

  /** Puts a number into a little-endian buffer; it should be one that the type holds. */
  static void put(DType type, float value, ByteBuffer into) {
    switch (type) {
      case F32 -> into.putFloat(value);
      case BF16 -> into.putShort((short) (bfloat(value) >>> Short.SIZE));
      case F16 -> into.putShort(half(value));
      default -> throw new IllegalArgumentException("scales are not stored as " + type);
    }
  }

  /** The nearest number that a type holds, which may be infinite. */
  static float rounded(DType type, float value) {
    return switch (type) {
      case F32 -> value;
      case BF16 -> Float.intBitsToFloat(bfloat(value));
      case F16 -> ofHalf(half(value));
      default -> throw new IllegalArgumentException("scales are not stored as " + type);
    };
  }

  /** A float32's bits whose lower half is rounded away. */
  private static int bfloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (bits & 0xffff0000) | 0x400000;
    }
    int even = (bits >>> Short.SIZE) & 1;
    return (bits + 0x7fff + even) & 0xffff0000;
  }

  private static short half(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> Short.SIZE) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    if (magnitude >= HALF_INFINITE) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < LEAST_NORMAL_HALF) {
      return (short) (sign | (int) Math.rint(Math.abs(value) * 0x1p24f));
    }
    int even = (magnitude >>> HALF_DROPPED) & 1;
    int rounded = magnitude + (1 << (HALF_DROPPED - 1)) - 1 + even;
    return (short) (sign | ((rounded - (HALF_BIAS << 23)) >>> HALF_DROPPED));
  }

  private static float ofHalf(short half) {
    int sign = (half & 0x8000) << Short.SIZE;
    int exponent = (half >>> 10) & 0x1f;
    int mantissa = half & 0x3ff;
    if (exponent == 0) {
      float value = mantissa * 0x1p-24f;
      return sign == 0 ? value : -value;
    }
    int wide = exponent == 0x1f ? 0xff : exponent + HALF_BIAS;
    return Float.intBitsToFloat(sign | (wide << 23) | (mantissa << HALF_DROPPED));
  }
}
