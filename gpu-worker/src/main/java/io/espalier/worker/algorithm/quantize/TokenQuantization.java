package io.espalier.worker.algorithm.quantize;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.tensor.Tensors;

/**
 * Simulated quantization of what comes into a layer: each token by a scale of its own, {@code s =
 * max|x| / 127.5}, of E4M3 {@code max|x| / 448}. Nothing is differentiable.
 */
final class TokenQuantization {
  private static final double HALF_RANGE = QuantizationFormat.INT8.halfRange();
  private static final int MOST = 127;
  private static final int LEAST_EXPONENT = -6;
  private static final int LARGEST_EXPONENT = 8;
  private static final int MANTISSA_BITS = 3;

  private TokenQuantization() {}

  /** Numbers that int8 stands for, of (…, width). */
  static NDArray int8(NDArray x) {
    NDArray scale = scale(x, HALF_RANGE);
    NDArray whole = Tensors.round(Tensors.divide(x, scale));
    return Tensors.multiply(atMost(whole, MOST), scale); // the least, -127.5, becomes -128
  }

  /** Numbers that E4M3 stands for, of (…, width). */
  static NDArray fp8(NDArray x) {
    NDArray scale = scale(x, Float8.LARGEST);
    NDArray numbers = Tensors.divide(x, scale);
    NDArray step = step(Tensors.magnitude(numbers));
    NDArray nearest = Tensors.multiply(Tensors.round(Tensors.divide(numbers, step)), step);
    return Tensors.multiply(nearest, scale);
  }

  /** Distance of neighbouring numbers at a magnitude; where it changes, either is right. */
  private static NDArray step(NDArray magnitude) {
    NDArray step = Tensors.full(magnitude, Math.scalb(1.0, LEAST_EXPONENT - MANTISSA_BITS), 1);
    for (int exponent = LEAST_EXPONENT + 1; exponent <= LARGEST_EXPONENT; exponent++) {
      NDArray above = Tensors.isAbove(magnitude, Math.scalb(1.0, exponent));
      double more = Math.scalb(1.0, exponent - MANTISSA_BITS - 1);
      step = Tensors.add(step, Tensors.scale(above, more));
    }
    return step;
  }

  private static NDArray scale(NDArray x, double halfRange) {
    Shape shape = x.getShape();
    long[] kept = shape.getShape();
    kept[kept.length - 1] = 1;
    NDArray largest = Tensors.largest(Tensors.magnitude(x), kept.length - 1);
    NDArray exact = Tensors.divide(Tensors.reshape(largest, kept), Tensors.scalar(x, halfRange));
    return Tensors.atLeast(exact, Float.MIN_NORMAL); // a token of zeros stays one
  }

  private static NDArray atMost(NDArray x, double most) {
    return Tensors.negate(Tensors.atLeast(Tensors.negate(x), -most));
  }
}
