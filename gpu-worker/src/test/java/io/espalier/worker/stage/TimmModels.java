package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.model.Families;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Networks of the sizes that timm builds by their names, too large to be kept: the weights are
 * drawn, the same ones each time, so that nothing vanishes on its way through them.
 */
final class TimmModels {
  private TimmModels() {}

  /** Returns what timm writes beside the weights, for ten classes and images of 64 x 64. */
  static ObjectNode config(String name) {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("architecture", name).put("num_classes", 10);
    ObjectNode pretrained = config.putObject("pretrained_cfg").put("num_classes", 10);
    pretrained.putArray("input_size").add(3).add(64).add(64);
    return config;
  }

  /** Its tensors, axes and layers. */
  static Architecture architecture(String name) {
    return Families.of(config(name)).architecture(config(name), Map.of());
  }

  /** Writes a model. */
  static ModelDirectory write(String name, Path to) throws IOException {
    Files.createDirectories(to);
    Files.writeString(to.resolve(ModelDirectory.CONFIG), config(name).toString());
    SafetensorsWriter.write(to.resolve("model.safetensors"), tensors(name));
    return ModelDirectory.open(to);
  }

  /** Writes a model in two files and an index. */
  static ModelDirectory writeShards(String name, Path to) throws IOException {
    Files.createDirectories(to);
    Files.writeString(to.resolve(ModelDirectory.CONFIG), config(name).toString());
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    var shards = Map.of(1, new TreeMap<String, TensorData>(), 2, new TreeMap<String, TensorData>());
    tensors(name)
        .forEach(
            (tensor, data) -> {
              int shard = tensor.startsWith("blocks.") ? 1 : 2;
              shards.get(shard).put(tensor, data);
              index.withObject("/weight_map").put(tensor, file(shard));
            });
    for (int shard : shards.keySet()) {
      SafetensorsWriter.write(to.resolve(file(shard)), shards.get(shard));
    }
    index.withObject("/metadata").put("total_size", 0);
    Files.writeString(to.resolve("model.safetensors.index.json"), index.toString());
    return ModelDirectory.open(to);
  }

  private static String file(int shard) {
    return "model-%05d-of-00002.safetensors".formatted(shard);
  }

  private static Map<String, TensorData> tensors(String name) {
    var random = new Random(20261125);
    var tensors = new TreeMap<String, TensorData>();
    for (TensorSpec tensor : architecture(name).tensors()) {
      tensors.put(tensor.name(), draw(tensor, random));
    }
    return tensors;
  }

  private static TensorData draw(TensorSpec tensor, Random random) {
    long[] shape = tensor.shape();
    if (shape.length == 0) {
      ByteBuffer zero = ByteBuffer.allocateDirect(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      return new TensorData(DType.I64, shape, zero);
    }
    long outputs = shape[0];
    int count = 1;
    for (long side : shape) {
      count = Math.multiplyExact(count, (int) side);
    }
    // positive where it scales or is a variance, otherwise around 0
    boolean scale = shape.length == 1 && !isShift(tensor);
    float spread = shape.length == 1 ? 0.3f : (float) Math.sqrt(7.5 * outputs / count);
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat((scale ? 1 : 0) + spread * (2 * random.nextFloat() - 1));
    }
    return new TensorData(DType.F32, shape, bytes.flip());
  }

  private static boolean isShift(TensorSpec tensor) {
    return tensor.role() == Role.PARAMETER
        || tensor.name().endsWith(".bias")
        || tensor.name().endsWith(".running_mean");
  }
}
