package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.model.Configs;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layers in which tokens see only those near them. */
final class WindowRuleTest {
  private static final int LAYERS = 4;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NOWHERE | 'sliding_window': 8 | 0 | ''",
        "EVERYWHERE | 'sliding_window': 8 | 8 | 0 1 2 3",
        "EVERYWHERE | 'sliding_window': null | 0 | ''",
        "EVERYWHERE | 'use_cache': true | 4096 | 0 1 2 3",
        "EVERYWHERE | 'sliding_window': 8, 'layer_types': ['sliding_attention',"
            + " 'sliding_attention', 'sliding_attention', 'sliding_attention'] | 8 | 0 1 2 3",
        "BY_LAYER | 'sliding_window': 8 | 0 | ''",
        "BY_LAYER | 'use_sliding_window': true, 'sliding_window': 8, 'max_window_layers': 3 | 8 |"
            + " 3",
        "BY_LAYER | 'use_sliding_window': true, 'sliding_window': 8, 'max_window_layers': 0 | 8 | 0"
            + " 1 2 3",
        "BY_LAYER | 'use_sliding_window': true, 'sliding_window': 8 | 0 | ''",
        "BY_LAYER | 'use_sliding_window': true, 'sliding_window': null | 0 | ''",
        "BY_LAYER | 'use_sliding_window': true, 'layer_types': ['full_attention',"
            + " 'sliding_attention', 'full_attention', 'sliding_attention'], 'max_window_layers': 1"
            + " | 4096 | 1 3",
      })
  void a_config_says_which_layers_see_how_far(
      WindowRule rule, String said, int size, String layers) {
    var problems = new ArrayList<String>();
    var config = new ConfigReader(Configs.json("{" + said + "}"), problems);

    Windows windows = rule.of(config, LAYERS);

    Set<Integer> expected =
        Stream.of(layers.split(" ", -1))
            .filter(layer -> !layer.isEmpty())
            .map(Integer::parseInt)
            .collect(Collectors.toSet());
    assertThat(problems).isEmpty();
    assertThat(windows).isEqualTo(size == 0 ? Windows.NONE : new Windows(size, expected));
  }

  @ParameterizedTest
  @CsvSource({"1", "3", "7", "8"})
  void a_window_has_the_token_itself_and_those_right_before_it(int window) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray mask =
          Tensors.of(manager, new long[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0}, 2, 8);
      NDArray like = Tensors.of(manager, new float[1], 1);

      float[] added = SelfAttention.ofNearTokens(mask, like, window).toFloatArray();

      for (int i = 0; i < added.length; i++) {
        int row = i / 64;
        int query = i / 8 % 8;
        int key = i % 8;
        boolean seen = key > query - window && key <= query && (row == 0 || key < 5);
        assertThat(added[i]).as("%d of %d", key, query).isEqualTo(seen ? -0f : -Float.MAX_VALUE);
      }
    }
  }

  /** Mistral's window was computed by transformers; here each layer has it or has it not. */
  @Test
  void each_layer_has_its_own_window() {
    Golden golden = Golden.of("mistral");
    ObjectNode config = (ObjectNode) golden.config();
    config.setAll(
        (ObjectNode)
            Configs.json(
                "{'model_type': 'qwen2', 'architectures': ['Qwen2Model'], 'sliding_window': 6,"
                    + " 'use_sliding_window': true, 'max_window_layers': 1}"));
    var full = new Windows(Integer.MAX_VALUE, Set.of(0));
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights weights = golden.weights(manager);
      Tokens tokens = golden.tokens(manager);
      var near = (DecoderNetwork) golden.network();
      var far = new DecoderNetwork(near.design(), near.plan(), near.rotation(), full);
      Windows windows = WindowRule.BY_LAYER.of(new ConfigReader(config, new ArrayList<>()), 2);
      var mixed = new DecoderNetwork(near.design(), near.plan(), near.rotation(), windows);

      NDArray x = far.embed(weights, tokens, ForwardHooks.NONE);
      x = far.layer(0, weights, x, far.context(tokens, x), ForwardHooks.NONE);
      x = near.layer(1, weights, x, near.context(tokens, x), ForwardHooks.NONE);
      NDArray expected = near.end(weights, x, ForwardHooks.NONE);

      NDArray found = mixed.encode(weights, tokens, ForwardHooks.NONE);

      assertThat(found.toFloatArray()).containsExactly(expected.toFloatArray());
      assertThat(found.toFloatArray())
          .isNotEqualTo(near.encode(weights, tokens, ForwardHooks.NONE).toFloatArray())
          .isNotEqualTo(far.encode(weights, tokens, ForwardHooks.NONE).toFloatArray());
    }
  }
}
