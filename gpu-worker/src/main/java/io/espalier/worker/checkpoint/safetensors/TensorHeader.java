package io.espalier.worker.checkpoint.safetensors;

import java.util.Arrays;

/**
 * Header of one tensor in a checkpoint.
 *
 * @param name exactly as stored
 * @param dtype element type
 * @param shape sizes, outermost first; empty for a scalar
 * @param bytes size of the data
 */
@SuppressWarnings("ArrayRecordComponent") // copied going in and out
public record TensorHeader(String name, DType dtype, long[] shape, long bytes) {
  /** A header; the shape is copied. */
  public TensorHeader {
    shape = shape.clone();
  }

  /** The header of a tensor whose size follows from type and shape. */
  public static TensorHeader of(String name, DType dtype, long... shape) {
    return new TensorHeader(name, dtype, shape, dtype.bytes(shape));
  }

  /** Number of elements. */
  public long elements() {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  /** The sizes, outermost first. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TensorHeader that
        && name.equals(that.name)
        && dtype == that.dtype
        && Arrays.equals(shape, that.shape)
        && bytes == that.bytes;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(shape);
  }

  @Override
  public String toString() {
    return "%s %s%s".formatted(name, dtype, Arrays.toString(shape));
  }
}
