package io.espalier.worker.algorithm.minitron.rotate;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/**
 * Directions of a model's stream along which that of a narrower model made of it runs: a vector x
 * of the former is rows · x in the latter. Kept in a file beside the narrower model's weights,
 * which no loader reads.
 *
 * @param width of the stream before
 * @param rows the directions, one after another, orthonormal
 */
@SuppressWarnings("ArrayRecordComponent") // as large as a weight; nobody changes them
public record KeptDirections(int width, float[] rows) {
  /** Name of the file. */
  public static final String FILE = "stream.safetensors";

  private static final String TENSOR = "directions";

  /** Returns how many there are. */
  public int count() {
    return rows.length / width;
  }

  /** Some of them. */
  static KeptDirections of(StreamDirections all, int[] kept) {
    int width = all.width();
    float[] rows = new float[kept.length * width];
    for (int i = 0; i < kept.length; i++) {
      for (int j = 0; j < width; j++) {
        rows[i * width + j] = (float) all.rows()[kept[i] * width + j];
      }
    }
    return new KeptDirections(width, rows);
  }

  /** Some of them, by their places. */
  public KeptDirections select(int[] kept) {
    float[] some = new float[kept.length * width];
    for (int i = 0; i < kept.length; i++) {
      System.arraycopy(rows, kept[i] * width, some, i * width, width);
    }
    return new KeptDirections(width, some);
  }

  /** Keeps them beside a model, in float32. */
  void write(Path model) {
    long[] shape = {count(), width};
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.toIntExact(DType.F32.bytes(shape))).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(rows);
    SafetensorsWriter.write(
        model.resolve(FILE), Map.of(TENSOR, new TensorData(DType.F32, shape, bytes)), Map.of());
  }

  /**
   * Reads what was kept beside a model; empty if nothing was.
   *
   * @throws InvalidInputException if the file is damaged
   */
  public static Optional<KeptDirections> read(Path model) {
    Path file = model.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    SafetensorsFile stored = SafetensorsFile.open(file);
    if (!stored.tensors().containsKey(TENSOR)
        || stored.tensors().get(TENSOR).dtype() != DType.F32
        || stored.tensors().get(TENSOR).shape().length != 2) {
      throw new InvalidInputException(
          "%s: wanted a float32 tensor '%s' of (directions, channels), found %s; delete the file, or prune the model anew"
              .formatted(file, TENSOR, stored.tensors().keySet()));
    }
    TensorData data = stored.read(TENSOR);
    float[] rows = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(rows);
    return Optional.of(new KeptDirections(Math.toIntExact(data.shape()[1]), rows));
  }

  @Override
  public String toString() {
    return "%d directions of %d channels, %08x".formatted(count(), width, Arrays.hashCode(rows));
  }
}
