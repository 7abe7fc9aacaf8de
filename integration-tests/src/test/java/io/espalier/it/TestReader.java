package io.espalier.it;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.espalier.worker.algorithm.train.TextObjective;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.LongStream;

/** A small BERT that answers questions, and the few questions that it knows by heart. */
final class TestReader {
  private static final int LAYERS = 2;
  private static final int HIDDEN = 32;
  private static final int TOKENS = 48;
  private static final int STRIDE = 16;
  private static final long SEED = 7;
  private static final String CONFIG =
      """
      {"model_type": "bert", "architectures": ["BertForQuestionAnswering"], "vocab_size": 420,
       "hidden_size": %d, "num_hidden_layers": %d, "num_attention_heads": 4,
       "intermediate_size": 64, "max_position_embeddings": 64}
      """
          .formatted(HIDDEN, LAYERS);

  private TestReader() {}

  /** The stage that prunes it to a share of its FLOPs. */
  static String spec(String flops) {
    return """
    {"algorithm":"gradnas","batchSize":4,"constraints":{"flops":"%s"},"maxLength":%d,\
    "neuronDivisor":8,"stride":%d}\
    """
        .formatted(flops, TOKENS, STRIDE);
  }

  /** Questions in SQuAD's form. */
  static Path questions() {
    return resource("squad.json");
  }

  /** The model's directory. */
  static synchronized Path trained() {
    Path directory = Backbone.shared().folder("models").resolve("reader");
    if (!Files.exists(directory)) {
      try {
        write(directory);
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
    return directory;
  }

  /**
   * Operations of one sequence by the shapes of the tensors in a directory: two for each weight of
   * a dense layer and token, and for each pair of tokens and channel of queries, twice.
   */
  static long flops(Path directory) {
    Map<String, long[]> shapes = ModelDirectory.open(directory).shapes();
    long perToken = 2 * HIDDEN;
    for (int layer = 0; layer < LAYERS; layer++) {
      String block = "bert.encoder.layer." + layer;
      long channels = shapes.get(block + ".attention.self.query.weight")[0];
      long neurons = shapes.get(block + ".intermediate.dense.weight")[0];
      perToken += 4 * HIDDEN * channels + 2 * HIDDEN * neurons + 2 * TOKENS * channels;
    }
    return 2 * TOKENS * perToken;
  }

  private static void write(Path directory) throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("config.json"), CONFIG);
    Files.copy(resource("tokenizer.json"), directory.resolve("tokenizer.json"));
    Path file = directory.resolve("model.safetensors");
    SafetensorsWriter.write(file, drawn());
    TextModel model = TextModel.of(ModelDirectory.open(directory));
    var data =
        TextDatasets.open(
            questions().toUri(),
            model.network().input(),
            directory,
            TextSettings.USUAL.withMaxLength(TOKENS).withStride(STRIDE));
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      new Trainer(TrainingSettings.text(60, 7, 0.005, SEED))
          .train(weights, TextObjective.of(model.network(), data), Progress.Listener.NONE);
      Files.delete(file);
      SafetensorsWriter.write(file, weights.toTensorData());
    }
  }

  private static Map<String, TensorData> drawn() throws IOException {
    JsonNode config = new JsonMapper().readTree(CONFIG);
    TextNetwork network = Families.text(config).network(config);
    var random = new Random(SEED);
    var tensors = new LinkedHashMap<String, TensorData>();
    network
        .architecture(Map.of(), TOKENS)
        .shapes()
        .forEach((name, shape) -> tensors.put(name, drawn(name, shape, random)));
    return tensors;
  }

  private static TensorData drawn(String name, long[] shape, Random random) {
    int size = Math.toIntExact(LongStream.of(shape).reduce(1, (a, b) -> a * b));
    double middle = name.endsWith("LayerNorm.weight") ? 1 : 0;
    ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < size; i++) {
      bytes.putFloat((float) (middle + 0.2 * random.nextGaussian()));
    }
    return new TensorData(DType.F32, shape, bytes.flip().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static Path resource(String name) {
    URL found = Objects.requireNonNull(TestReader.class.getResource("/questions/" + name), name);
    try {
      return Path.of(found.toURI());
    } catch (URISyntaxException broken) {
      throw new IllegalStateException("resource at " + found, broken);
    }
  }
}
