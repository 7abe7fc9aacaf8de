package io.espalier.worker.algorithm.quantize;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Writes what the simulated network of a quantized model says of sequences, for {@code
 * integration-tests/open_in_loaders.py} to compare with what loaders say.
 */
public final class SimulatedScores {
  private static final int SEQUENCES = 3;
  private static final int TOKENS = 40;

  private SimulatedScores() {}

  /**
   * Computes scores before softmax, (sequences, tokens, vocabulary or 2).
   *
   * @param arguments directory of the original, directory of the quantized model, file to write
   */
  public static void main(String[] arguments) throws IOException {
    TextModel model = TextModel.of(ModelDirectory.open(Path.of(arguments[0])));
    ModelDirectory quantized = ModelDirectory.open(Path.of(arguments[1]));
    JsonNode made = new ObjectMapper().readTree(quantized.path().resolve("espalier.json").toFile());
    JsonNode stages = made.path("stages");
    JsonNode spec =
        new ObjectMapper().readTree(stages.get(stages.size() - 1).path("spec").asText());
    QuantizationPlan plan = QuantizationPlan.of(model, scheme(spec), ModulePatterns.NONE);
    try (NDManager manager = PyTorch.newManager();
        Weights weights = Weights.load(model.directory(), model.architecture());
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      SimulatedQuantization.apply(plan, quantized, weights);
      NDArray said = model.network().forward(weights, tokens(manager), ForwardHooks.NONE);
      SafetensorsWriter.write(Path.of(arguments[2]), Map.of("scores", data(said)));
    }
  }

  private static WeightScheme scheme(JsonNode spec) {
    QuantizationFormat format =
        Arrays.stream(QuantizationFormat.values())
            .filter(each -> each.word().equals(spec.path("format").asText()))
            .findFirst()
            .orElseThrow();
    int group = format == QuantizationFormat.INT4 ? spec.path("group").asInt(128) : 0;
    return new WeightScheme(format, group, spec.path("symmetric").asBoolean(true));
  }

  /** The same sequences as in the script. */
  private static Tokens tokens(NDManager manager) {
    long[] ids = new long[SEQUENCES * TOKENS];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 6L + (i % TOKENS * 37 + i / TOKENS * 11) % 220;
    }
    NDArray array = Tensors.of(manager, ids, SEQUENCES, TOKENS);
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    return new Tokens(
        array,
        Tensors.of(manager, ones, SEQUENCES, TOKENS),
        Tensors.of(manager, new long[ids.length], SEQUENCES, TOKENS));
  }

  private static TensorData data(NDArray scores) {
    float[] values = scores.toFloatArray();
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new TensorData(DType.F32, scores.getShape().getShape(), bytes);
  }
}
