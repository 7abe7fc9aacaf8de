package io.espalier.worker.algorithm.quantize;

/**
 * Numbers of 8 bits with 4 bits of exponent, 3 of mantissa and no infinity (E4M3FN, Micikevicius et
 * al., FP8 Formats for Deep Learning, arXiv 2209.05433).
 */
final class Float8 {
  /** The largest number. */
  static final float LARGEST = 448;

  private static final int NAN = 0x7f;
  private static final int MANTISSA_BITS = 3;
  private static final int DROPPED = 23 - MANTISSA_BITS;
  private static final int BIAS = 127 - 7;
  private static final float LEAST_NORMAL = 0x1p-6f;
  private static final float STEP_BELOW = 0x1p-9f;
  private static final float[] VALUES = values();

  private Float8() {}

  /** The nearest number's bits, ties to even; beyond the largest number it is that. */
  static byte encode(float value) {
    if (Float.isNaN(value)) {
      return NAN;
    }
    float magnitude = Math.min(Math.abs(value), LARGEST);
    int sign = (Float.floatToRawIntBits(value) >>> 31) << 7;
    if (magnitude < LEAST_NORMAL) {
      return (byte) (sign | (int) Math.rint(magnitude / STEP_BELOW));
    }
    int bits = Float.floatToRawIntBits(magnitude);
    int even = (bits >>> DROPPED) & 1;
    int rounded = (bits + (1 << (DROPPED - 1)) - 1 + even) >>> DROPPED;
    return (byte) (sign | (rounded - (BIAS << MANTISSA_BITS)));
  }

  /** The number that bits mean. */
  static float decode(byte bits) {
    return VALUES[bits & 0xff];
  }

  private static float[] values() {
    float[] values = new float[256];
    for (int bits = 0; bits < values.length; bits++) {
      int magnitude = bits & 0x7f;
      int exponent = magnitude >>> MANTISSA_BITS;
      float value =
          exponent == 0
              ? magnitude * STEP_BELOW
              : Float.intBitsToFloat((magnitude + (BIAS << MANTISSA_BITS)) << DROPPED);
      values[bits] = magnitude == NAN ? Float.NaN : bits >= 0x80 ? -value : value;
    }
    return values;
  }
}
