package io.espalier.worker.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.Families;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Llamas in BF16 and shards with layers of 2048 channels and 5632 neurons. */
public final class LargeLlama {
  /** Channels of the stream. */
  public static final int HIDDEN = 2048;

  private static final int NEURONS = 5632;
  private static final int HEADS = 32;
  private static final int GROUPS = 8;

  private LargeLlama() {}

  /** Numbers in a layer. */
  public static long layerParameters() {
    return 2L * HIDDEN * HIDDEN + 2L * HIDDEN * HIDDEN / HEADS * GROUPS + 3L * HIDDEN * NEURONS;
  }

  /** Returns how many layers a model of a size has, two at least. */
  public static int layers(int mebibytes, int vocabulary) {
    long ends = 2L * vocabulary * HIDDEN;
    long all = ((long) mebibytes << 20) / Short.BYTES - ends;
    return Math.max(2, Math.toIntExact(all / layerParameters()));
  }

  /** Writes one with random weights, and the zoo's tokenizer. */
  public static void write(Path model, int layers, int vocabulary, long shardBytes)
      throws IOException {
    Zoo.writeRandomModel("llama_tiny", model, Optional.empty(), 1); // for its tokenizer
    Files.delete(model.resolve("model.safetensors"));
    Path config = model.resolve("config.json");
    var json = new ObjectMapper();
    ObjectNode sizes = (ObjectNode) json.readTree(config.toFile());
    sizes
        .put("hidden_size", HIDDEN)
        .put("intermediate_size", NEURONS)
        .put("num_attention_heads", HEADS)
        .put("num_key_value_heads", GROUPS)
        .put("num_hidden_layers", layers)
        .put("vocab_size", vocabulary)
        .put("max_position_embeddings", 4096)
        .put("dtype", "bfloat16");
    json.writeValue(config.toFile(), sizes);
    List<TensorSpec> tensors =
        Families.text(sizes).network(sizes).architecture(Map.of(), 1).tensors();
    LargeCheckpoint.write(model, tensors, shardBytes);
  }
}
