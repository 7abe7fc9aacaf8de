package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against what Hugging Face's transformers say of the same tokens. */
final class AttentionHookTest {
  @ParameterizedTest
  @ValueSource(strings = {"bert-qa", "distilbert-qa", "gpt2", "gptj", "llama", "gemma2"})
  void tokens_look_at_each_other_as_they_do_there(String name) {
    Golden golden = Golden.of(name);
    Golden values = Golden.of("scores/attention");
    try (NDManager manager = PyTorch.newManager();
        Weights weights = golden.weights(manager)) {
      NDArray mask = golden.tokens(manager).mask();
      List<NDArray> found = new ArrayList<>();
      golden
          .network()
          .encode(
              weights,
              golden.tokens(manager),
              new ForwardHooks() {
                @Override
                public NDArray attention(String axis, NDArray scores) {
                  assertThat(axis).contains("." + found.size() + ".").endsWith(".heads");
                  found.add(real(Tensors.softmax(scores, 3), mask));
                  return scores;
                }
              });

      assertThat(found).isNotEmpty();
      assertThat(values.has(name, Integer.toString(found.size()))).isFalse();
      for (int layer = 0; layer < found.size(); layer++) {
        NDArray wanted = read(values, name, layer, manager);
        assertThat(Tensors.sum(real(wanted, mask)).getFloat()).isPositive();
        NDArray differences = Tensors.subtract(found.get(layer), real(wanted, mask));
        assertThat(largest(differences)).isLessThan(2e-5f);
      }
    }
  }

  /** What real tokens say; of padding both sides may say anything. */
  private static NDArray real(NDArray probabilities, NDArray mask) {
    NDArray looking =
        Tensors.reshape(
            Tensors.inTypeOf(probabilities, mask),
            mask.getShape().get(0),
            1,
            mask.getShape().get(1),
            1);
    return Tensors.multiply(probabilities, looking);
  }

  private static NDArray read(Golden values, String name, int layer, NDManager manager) {
    var data = values.read(name, Integer.toString(layer));
    float[] numbers = new float[data.bytes().remaining() / Float.BYTES];
    data.bytes().asFloatBuffer().get(numbers);
    return Tensors.of(manager, numbers, data.shape());
  }

  private static float largest(NDArray x) {
    float largest = 0;
    for (float value : x.toFloatArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
