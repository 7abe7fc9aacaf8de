package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What written models stand for says what compressed-tensors makes of the original ones. */
class SimulatedQuantizationTest {
  /** Of the largest score. */
  private static final double TOLERANCE = 1e-4;

  /**
   * The largest number of each token lies at 127.5 steps, in the middle of two, so that the last
   * bit of float32 decides. The library in float64 differs from itself in float32 by 0.016.
   */
  private static final double TOLERANCE_OF_TIES = 0.03;

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> written_models_say_what_the_library_makes_of_them() {
    SafetensorsFile expected =
        SafetensorsFile.open(Golden.of("quantization").directory().resolve("models.safetensors"));
    assertThat(expected.tensors()).hasSize(11);
    return expected.tensors().keySet().stream()
        .map(name -> DynamicTest.dynamicTest(name, () -> compare(expected, name)));
  }

  private void compare(SafetensorsFile expected, String name) {
    String[] words = name.split(" ", -1);
    Golden golden = Golden.of(words[0]);
    TextModel model = TextModel.of(golden.model());
    QuantizationPlan plan =
        QuantizationPlan.of(model, scheme(words[1], words[2], words[3]), ModulePatterns.NONE);
    Path quantized = folder.resolve(name.replace(' ', '-'));
    QuantizedFiles.write(plan, quantized, Progress.Listener.NONE);

    try (NDManager manager = PyTorch.newManager();
        Weights weights = golden.weights(manager);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      SimulatedQuantization.apply(plan, ModelDirectory.open(quantized), weights);
      NDArray said = model.network().forward(weights, golden.tokens(manager), ForwardHooks.NONE);

      boolean ties = words[1].equals(QuantizationFormat.INT8.word());
      Golden.assertClose(said, expected.read(name), ties ? TOLERANCE_OF_TIES : TOLERANCE);
    }
  }

  private static WeightScheme scheme(String format, String group, String symmetric) {
    return new WeightScheme(
        Arrays.stream(QuantizationFormat.values())
            .filter(each -> each.word().equals(format))
            .findFirst()
            .orElseThrow(),
        Integer.parseInt(group),
        symmetric.equals("True"));
  }

  @TestFactory
  Stream<DynamicTest> tokens_become_what_compressed_tensors_makes_of_them() {
    return QuantizationCases.of("activations")
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.path("format").asText(),
                    () -> {
                      try (NDManager manager = PyTorch.newManager();
                          var scope = new NDScope()) {
                        scope.suppressNotUsedWarning();
                        NDArray x =
                            Tensors.of(
                                manager,
                                QuantizationCases.floats(each.path("x")),
                                shape(each.path("shape")));

                        NDArray found =
                            each.path("format").asText().equals("int8")
                                ? TokenQuantization.int8(x)
                                : TokenQuantization.fp8(x);

                        assertThat(found.toFloatArray())
                            .containsExactly(QuantizationCases.floats(each.path("stands")));
                      }
                    }));
  }

  private static long[] shape(JsonNode sizes) {
    return StreamSupport.stream(sizes.spliterator(), false)
        .flatMapToLong(size -> LongStream.of(size.asLong()))
        .toArray();
  }
}
