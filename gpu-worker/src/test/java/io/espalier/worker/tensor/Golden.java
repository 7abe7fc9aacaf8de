package io.espalier.worker.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.model.family.VisionFamily;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A directory of the golden fixtures: a model, inputs, and what other software computes for them.
 */
public final class Golden {
  private final Path directory;

  private Golden(Path directory) {
    this.directory = directory;
  }

  /** The models that continue text, one or more of each family. */
  public static List<String> decoders() {
    return List.of(
        "gpt2",
        "gptj",
        "llama",
        "llama-tied-rope-llama3-scaling",
        "mistral",
        "qwen2",
        "qwen3",
        "mixtral",
        "qwen2-moe",
        "qwen3-moe",
        "gemma2",
        "gemma3");
  }

  /** All models that read text. */
  public static List<String> texts() {
    List<String> encoders =
        List.of("bert-qa", "bert-classifier", "bert-mlm", "distilbert-qa", "roberta-classifier");
    return Stream.concat(encoders.stream(), decoders().stream()).toList();
  }

  /** A fixture by its path under {@code golden/}. */
  public static Golden of(String name) {
    try {
      return new Golden(Path.of(Golden.class.getResource("/golden/" + name).toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  public Path directory() {
    return directory;
  }

  public ModelDirectory model() {
    return ModelDirectory.open(directory);
  }

  public JsonNode config() {
    return model().config();
  }

  public VisionFamily family() {
    return Families.vision(config());
  }

  public Architecture architecture() {
    return Families.of(config()).architecture(config(), model().shapes());
  }

  public Weights weights(NDManager manager) {
    return Weights.load(model(), architecture(), manager);
  }

  public NDArray images(NDManager manager) {
    return input("pixel_values", manager);
  }

  public NDArray labels(NDManager manager) {
    return input("labels", manager);
  }

  /** The network of a model that reads text. */
  public TextNetwork network() {
    return Families.text(config()).network(config());
  }

  /** The tokens of a model that reads text; segments are zeros if the fixture has none. */
  public Tokens tokens(NDManager manager) {
    NDArray ids = input("input_ids", manager);
    var inputs = file("inputs").tensors().keySet();
    NDArray types =
        inputs.contains("token_type_ids")
            ? input("token_type_ids", manager)
            : Tensors.scale(ids, 0);
    return new Tokens(ids, input("attention_mask", manager), types);
  }

  /** An input. */
  public NDArray input(String tensor, NDManager manager) {
    try (TensorReader reader = file("inputs").reader(tensor)) {
      return StoredTensor.load(reader, manager);
    }
  }

  public boolean has(String file, String tensor) {
    return file(file).tensors().containsKey(tensor);
  }

  public TensorData read(String file, String tensor) {
    return file(file).read(tensor);
  }

  private SafetensorsFile file(String name) {
    return SafetensorsFile.open(directory.resolve(name + ".safetensors"));
  }

  /** Largest difference within {@code tolerance} of the largest expected magnitude. */
  public static void assertClose(NDArray actual, TensorData expected, double tolerance) {
    assertThat(actual.getShape().getShape()).isEqualTo(expected.shape());
    float[] found = actual.toFloatArray();
    ByteBuffer bytes = expected.bytes();
    double largest = 0;
    double difference = 0;
    for (float value : found) {
      double wanted = bytes.getFloat();
      largest = Math.max(largest, Math.abs(wanted));
      double here = Math.abs(value - wanted);
      difference = here <= difference ? difference : here; // so that NaN is kept
    }
    assertThat(difference).isLessThanOrEqualTo(tolerance * largest);
  }
}
