package io.espalier.worker.checkpoint;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** Model directories for tests. */
public final class Models {
  private Models() {}

  public static TensorSpec spec(String name, Dimension... dimensions) {
    return new TensorSpec(name, List.of(dimensions), TensorSpec.Role.PARAMETER);
  }

  public static Architecture architecture(List<Axis> axes, List<TensorSpec> tensors) {
    return new Architecture("test", "test", tensors, axes, List.of(), Map.of());
  }

  public static TensorData random(DType dtype, long[] shape, Random random) {
    byte[] bytes = new byte[(int) dtype.bytes(shape)];
    random.nextBytes(bytes);
    return new TensorData(dtype, shape, ByteBuffer.wrap(bytes));
  }

  /** One tensor, one byte per element, numbered. */
  public static TensorData numbered(long... shape) {
    var bytes = ByteBuffer.allocate((int) DType.U8.bytes(shape));
    for (int i = 0; i < bytes.capacity(); i++) {
      bytes.put(i, (byte) i);
    }
    return new TensorData(DType.U8, shape, bytes);
  }

  public static Path single(Path directory, Map<String, TensorData> tensors) {
    write(directory.resolve("config.json"), "{\"architecture\": \"test\"}");
    SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors);
    return directory;
  }

  /** Deals the tensors out to shards in turn. */
  public static Path sharded(Path directory, Map<String, TensorData> tensors, int count) {
    write(directory.resolve("config.json"), "{}");
    var shards = new TreeMap<String, Map<String, TensorData>>();
    var index = new StringBuilder();
    int next = 0;
    for (var tensor : tensors.entrySet()) {
      String shard = "model-%05d-of-%05d.safetensors".formatted(next++ % count + 1, count);
      shards
          .computeIfAbsent(shard, s -> new LinkedHashMap<>())
          .put(tensor.getKey(), tensor.getValue());
      index.append(",\n  \"%s\": \"%s\"".formatted(tensor.getKey(), shard));
    }
    shards.forEach((shard, held) -> SafetensorsWriter.write(directory.resolve(shard), held));
    write(
        directory.resolve("model.safetensors.index.json"),
        "{\"metadata\": {\"total_size\": 1, \"total_parameters\": 1, \"note\": \"as it was\"},"
            + "\"weight_map\": {%s}}".formatted(index.substring(1)));
    return directory;
  }

  public static Path write(Path file, String text) {
    try {
      Files.createDirectories(file.getParent());
      return Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
