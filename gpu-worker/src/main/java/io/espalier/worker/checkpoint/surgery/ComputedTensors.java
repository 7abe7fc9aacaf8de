package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Objects;

/** Tensors of a model that are computed while its files are written; all others are copied. */
public interface ComputedTensors {
  /** Nothing is computed. */
  ComputedTensors NONE =
      new ComputedTensors() {
        @Override
        public boolean computes(String tensor) {
          return false;
        }

        @Override
        public void write(TensorHeader tensor, Bytes bytes) {
          throw new IllegalArgumentException("'%s' is copied".formatted(tensor.name()));
        }
      };

  /** Takes the bytes of a tensor stretch by stretch. */
  @FunctionalInterface
  interface Bytes {
    /** Takes all that is left in a buffer. */
    void put(ByteBuffer stretch) throws IOException;
  }

  /**
   * Tells whether a tensor is computed.
   *
   * @param tensor its name in the model that is written
   */
  boolean computes(String tensor);

  /**
   * Computes a tensor.
   *
   * @param tensor its name, type and shape in the model that is written
   * @param bytes takes all of its bytes, row-major and little-endian
   * @throws IOException if they cannot be written
   */
  void write(TensorHeader tensor, Bytes bytes) throws IOException;

  /** Makes those of tensors that are known already, by their names. */
  static ComputedTensors of(Map<String, TensorData> tensors) {
    Map<String, TensorData> known = Map.copyOf(tensors);
    return new ComputedTensors() {
      @Override
      public boolean computes(String tensor) {
        return known.containsKey(tensor);
      }

      @Override
      public void write(TensorHeader tensor, Bytes bytes) throws IOException {
        bytes.put(Objects.requireNonNull(known.get(tensor.name())).bytes());
      }
    };
  }
}
