package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.TextNetwork;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/** Small models that read text, with random weights. */
public final class TextModels {
  /** BERT of two layers, 4 heads of 8 channels and 64 neurons, for the words of squad-windows. */
  public static final String BERT =
      """
      {"model_type": "bert", "architectures": ["%s"], "vocab_size": 420, "hidden_size": 32,
       "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
       "max_position_embeddings": 64, "pad_token_id": 0, "type_vocab_size": 2}
      """;

  /**
   * Llama of four layers, 8 heads of 8 channels in 4 groups and 128 neurons, for the words of
   * squad-windows; by its type, its architecture, and more fields.
   */
  public static final String LLAMA =
      """
      {"model_type": "%s", "architectures": ["%s"], "vocab_size": 420, "hidden_size": 64,
       "intermediate_size": 128, "num_hidden_layers": 4, "num_attention_heads": 8,
       "num_key_value_heads": 4, "head_dim": 8, "max_position_embeddings": 64,
       "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false%s}
      """;

  private static final String WORDS = "the river runs north a small house who built it old bridge";

  private TextModels() {}

  /** Lines of ten words each that these models know. */
  public static String words(int lines, long seed) {
    List<String> words = List.of(WORDS.split(" ", -1));
    var random = new SplittableRandom(seed);
    var text = new StringBuilder();
    for (int line = 0; line < lines; line++) {
      for (int word = 0; word < 10; word++) {
        text.append(words.get(random.nextInt(words.size()))).append(' ');
      }
      text.append('\n');
    }
    return text.toString();
  }

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
