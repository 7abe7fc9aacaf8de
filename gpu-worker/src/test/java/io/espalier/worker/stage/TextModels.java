package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.family.Families;
import io.espalier.worker.algorithm.family.TextNetwork;
import io.espalier.worker.checkpoint.DType;
import io.espalier.worker.checkpoint.SafetensorsWriter;
import io.espalier.worker.checkpoint.TensorData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Small models that read text, with random weights. */
public final class TextModels {
  /** BERT of two layers, 4 heads of 8 channels and 64 neurons, for the words of squad-windows. */
  public static final String BERT =
      """
      {"model_type": "bert", "architectures": ["%s"], "vocab_size": 420, "hidden_size": 32,
       "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
       "max_position_embeddings": 64, "pad_token_id": 0, "type_vocab_size": 2}
      """;

  private TextModels() {}

  /** Writes a model by its config.json, with a tokenizer. */
  public static Path write(Path directory, String config, Path tokenizer, long seed)
      throws IOException {
    return write(directory, config, tokenizer, seed, Map.of());
  }

  /** The same, with tensors that are filled with one value. */
  public static Path write(
      Path directory, String config, Path tokenizer, long seed, Map<String, Double> filled)
      throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), config);
    Files.copy(tokenizer, directory.resolve("tokenizer.json"));
    JsonNode json = new ObjectMapper().readTree(config);
    TextNetwork network = Families.text(json).network(json);
    var random = new Random(seed);
    var tensors = new LinkedHashMap<String, TensorData>();
    for (Map.Entry<String, long[]> tensor :
        network.architecture(Map.of(), network.input().positions()).shapes().entrySet()) {
      TensorData drawn = drawn(tensor.getKey(), tensor.getValue(), random);
      Double value = filled.get(tensor.getKey());
      tensors.put(tensor.getKey(), value == null ? drawn : filled(tensor.getValue(), value));
    }
    SafetensorsWriter.write(directory.resolve("model.safetensors"), tensors);
    return directory;
  }

  private static TensorData filled(long[] shape, double value) {
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      bytes.putFloat((float) value);
    }
    return new TensorData(DType.F32, shape, bytes.flip().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static TensorData drawn(String name, long[] shape, Random random) {
    int size = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
    double middle = name.matches(".*(LayerNorm|ln_[12f])\\.weight") ? 1 : 0;
    ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      bytes.putFloat((float) (middle + 0.2 * random.nextGaussian()));
    }
    return new TensorData(DType.F32, shape, bytes.flip().order(ByteOrder.LITTLE_ENDIAN));
  }
}
