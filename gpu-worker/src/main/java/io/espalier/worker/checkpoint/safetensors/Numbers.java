package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.domain.InvalidInputException;
import java.nio.ByteBuffer;
import java.util.function.IntToDoubleFunction;

/**
 * The elements of a stored floating-point tensor as doubles, in the order in which they are stored.
 */
public final class Numbers {
  private final int size;
  private final IntToDoubleFunction at;

  private Numbers(ByteBuffer bytes, int width, IntToDoubleFunction at) {
    this.size = bytes.remaining() / width;
    this.at = at;
  }

  /**
   * The elements of a tensor.
   *
   * @throws InvalidInputException if they are not of type F32, F64, F16 or BF16
   */
  public static Numbers of(TensorData tensor) {
    ByteBuffer bytes = tensor.bytes();
    return switch (tensor.dtype()) {
      case F32 -> new Numbers(bytes, Float.BYTES, i -> bytes.getFloat(i * Float.BYTES));
      case F64 -> new Numbers(bytes, Double.BYTES, i -> bytes.getDouble(i * Double.BYTES));
      case BF16 -> new Numbers(bytes, Short.BYTES, i -> brain(bytes.getShort(i * Short.BYTES)));
      case F16 -> new Numbers(bytes, Short.BYTES, i -> half(bytes.getShort(i * Short.BYTES)));
      default ->
          throw new InvalidInputException(
              "importance needs weights of type F32, F64, F16 or BF16, found " + tensor.dtype());
    };
  }

  /** One of them. */
  public double at(int index) {
    return at.applyAsDouble(index);
  }

  /** Returns how many there are. */
  public int size() {
    return size;
  }

  /** All of them, in an array of their own. */
  public double[] toArray() {
    double[] all = new double[size];
    for (int i = 0; i < size; i++) {
      all[i] = at(i);
    }
    return all;
  }

  private static double brain(short bits) {
    return Float.intBitsToFloat(bits << Short.SIZE);
  }

  /** IEEE half precision: 1 bit of sign, 5 of exponent, 10 of fraction. */
  private static double half(short bits) {
    int exponent = (bits >>> 10) & 0x1f;
    int fraction = bits & 0x3ff;
    double magnitude;
    if (exponent == 0) {
      magnitude = Math.scalb((double) fraction, -24);
    } else if (exponent == 0x1f) {
      magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
    } else {
      magnitude = Math.scalb((double) (fraction | 0x400), exponent - 25);
    }
    return bits < 0 ? -magnitude : magnitude;
  }
}
