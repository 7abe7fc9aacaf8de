package io.espalier.worker.checkpoint.safetensors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One tensor's numbers, as they are stored.
 *
 * @param dtype element type
 * @param shape sizes, outermost first; empty for a scalar
 * @param bytes the elements, row-major and little-endian; never changed through this record
 */
@SuppressWarnings("ArrayRecordComponent") // copied going in and out
public record TensorData(DType dtype, long[] shape, ByteBuffer bytes) {
  /**
   * Numbers of a tensor; the shape is copied, the bytes are not.
   *
   * @throws IllegalArgumentException if the bytes are not as many as type and shape ask for
   */
  public TensorData {
    shape = shape.clone();
    bytes = bytes.slice().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != dtype.bytes(shape)) {
      throw new IllegalArgumentException(
          "a tensor of %s%s takes %d bytes, but %d were given"
              .formatted(dtype, Arrays.toString(shape), dtype.bytes(shape), bytes.remaining()));
    }
  }

  /** The sizes, outermost first. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** The elements in a view of its own: position 0, little-endian. */
  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }
}
