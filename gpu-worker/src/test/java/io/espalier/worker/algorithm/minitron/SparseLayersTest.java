package io.espalier.worker.algorithm.minitron;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.minitron.cut.SizeConfig;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.LayerActivationScores;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of config.json on layers with experts once some layers are gone. */
final class SparseLayersTest {
  private static final int LAYERS = 6;

  private static final String QWEN =
      """
      {"model_type": "qwen3_moe", "architectures": ["Qwen3MoeForCausalLM"], "vocab_size": 20,
       "hidden_size": 8, "intermediate_size": 12, "moe_intermediate_size": 4, "num_experts": 3,
       "num_experts_per_tok": 1, "num_hidden_layers": %d, "num_attention_heads": 2,
       "num_key_value_heads": 1, "head_dim": 4, "max_position_embeddings": 16%s}
      """;

  @TempDir Path own;

  private DecoderBlueprint blueprint(String rest) throws IOException {
    return blueprint(QWEN, rest);
  }

  private DecoderBlueprint blueprint(String template, String rest) throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    String config = template.formatted(LAYERS, rest.replace('\'', '"'));
    Path model = TextModels.write(own.resolve("model"), config, tokenizer, 1);
    return DecoderBlueprint.of(TextModel.of(ModelDirectory.open(model), 4));
  }

  private static List<Integer> layers(String words) {
    return Arrays.stream(words.split(" ", -1)).map(Integer::valueOf).toList();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", 'mlp_only_layers': [0]",
        ", 'mlp_only_layers': [1, 4], 'decoder_sparse_step': 1",
        ", 'decoder_sparse_step': 2",
        ", 'decoder_sparse_step': 3, 'mlp_only_layers': [5, 1]",
        ", 'decoder_sparse_step': 2, 'mlp_only_layers': [1]",
        ", 'decoder_sparse_step': 7"
      })
  void whichever_layers_stay_have_experts_if_they_had(String rest) throws IOException {
    DecoderBlueprint blueprint = blueprint(rest);
    List<Integer> sparse = blueprint.sparseLayers();
    assertThat(sparse).as("of layers").hasSizeLessThanOrEqualTo(LAYERS);

    for (int bits = 1; bits < 1 << LAYERS; bits++) {
      int stay = bits;
      List<Integer> layers =
          IntStream.range(0, LAYERS).filter(i -> (stay >> i & 1) == 1).boxed().toList();

      ObjectNode config = new SizeConfig(blueprint).of(Kept.all(), layers);

      List<String> found =
          Families.text(config)
              .network(config)
              .architecture(blueprint.model().directory().shapes(), 4)
              .stacks()
              .stream()
              .skip(1) // that of layers
              .map(Stack::prefix)
              .toList();
      List<String> wanted =
          IntStream.range(0, layers.size())
              .filter(place -> sparse.contains(layers.get(place)))
              .mapToObj("model.layers.%d.mlp.experts."::formatted)
              .toList();
      assertThat(found).as("%s of %s", layers, rest).isEqualTo(wanted);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'mlp_only_layers': [0, 4] | 0 2 4 5 | [0,2] | 1",
        "'mlp_only_layers': [0, 4] | 1 2 | [] | 1",
        "'decoder_sparse_step': 2 | 0 1 2 3 | [] | 2",
        "'decoder_sparse_step': 2 | 2 3 4 5 | [] | 2",
        "'decoder_sparse_step': 2 | 0 1 3 5 | [0] | 1",
        "'decoder_sparse_step': 2, 'mlp_only_layers': [3] | 2 3 4 5 | [1] | 2",
        "'decoder_sparse_step': 2, 'mlp_only_layers': [3] | 1 3 5 | [1] | 1",
        "'decoder_sparse_step': 2 | 0 2 4 | [0,1,2] | 1"
      })
  void a_rule_stays_while_it_holds_and_becomes_a_list_if_not(
      String rest, String stay, String dense, int step) throws IOException {
    DecoderBlueprint blueprint = blueprint(", " + rest);

    ObjectNode config = new SizeConfig(blueprint).of(Kept.all(), layers(stay));

    assertThat(config.path("mlp_only_layers")).hasToString(dense);
    assertThat(config.path("decoder_sparse_step").intValue()).isEqualTo(step);
  }

  @Test
  void nothing_is_said_anew_of_layers_that_all_stay() throws IOException {
    DecoderBlueprint blueprint = blueprint(", 'decoder_sparse_step': 2");
    JsonNode before = blueprint.model().directory().config();

    ObjectNode config = new SizeConfig(blueprint).of(Kept.all(), layers("0 1 2 3 4 5"));

    assertThat(config).isEqualTo(before);
  }

  @Test
  void sizes_of_what_is_left_are_said_and_those_of_what_no_layer_has_stay() throws IOException {
    DecoderBlueprint blueprint = blueprint(", 'decoder_sparse_step': 2");
    Kept kept =
        first(
            blueprint,
            DecoderSizes.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    8,
                    DecoderDimension.NEURONS,
                    6,
                    DecoderDimension.EXPERTS,
                    2,
                    DecoderDimension.EXPERT_NEURONS,
                    3,
                    DecoderDimension.HEADS,
                    2,
                    DecoderDimension.GROUPS,
                    1,
                    DecoderDimension.LAYERS,
                    LAYERS)));

    ObjectNode both = new SizeConfig(blueprint).of(kept, layers("0 1"));
    ObjectNode sparse = new SizeConfig(blueprint).of(kept, layers("1 3"));
    ObjectNode dense = new SizeConfig(blueprint).of(kept, layers("0 2"));

    assertThat(sizes(both)).containsExactly(6, 2, 3);
    assertThat(sizes(sparse)).containsExactly(12, 2, 3);
    assertThat(sizes(dense)).containsExactly(6, 3, 4);
  }

  /** transformers 5 calls the number of a Qwen3's experts as a Mixtral calls it. */
  @Test
  void the_number_of_experts_is_said_where_it_was_said() throws IOException {
    DecoderBlueprint blueprint =
        blueprint(QWEN.replace("\"num_experts\"", "\"num_local_experts\""), "");
    assertThat(blueprint.sizes().experts()).isEqualTo(3);
    Kept kept =
        first(
            blueprint,
            DecoderSizes.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    8,
                    DecoderDimension.EXPERTS,
                    2,
                    DecoderDimension.EXPERT_NEURONS,
                    4,
                    DecoderDimension.HEADS,
                    2,
                    DecoderDimension.GROUPS,
                    1,
                    DecoderDimension.LAYERS,
                    LAYERS)));

    ObjectNode config = new SizeConfig(blueprint).of(kept, layers("0 1 2 3 4 5"));

    assertThat(config.path("num_local_experts").intValue()).isEqualTo(2);
    assertThat(config.has("num_experts")).isFalse();
  }

  /** A list with one entry per layer is read even if no layer that is left has experts. */
  @Test
  void a_list_of_sizes_loses_the_entries_of_layers_that_go() throws IOException {
    String listed = QWEN.replace("\"num_experts\": 3", "\"num_experts\": [3, 3, 3, 3, 3, 3]");
    DecoderBlueprint blueprint = blueprint(listed, ", 'decoder_sparse_step': 2");

    ObjectNode config = new SizeConfig(blueprint).of(Kept.all(), layers("0 2"));

    assertThat(config.path("num_experts")).hasToString("[3,3]");
    assertThat(Families.text(config).network(config).chosenExperts()).isEqualTo(1);
  }

  private static List<Integer> sizes(JsonNode config) {
    return List.of(
        config.path("intermediate_size").intValue(),
        config.path("num_experts").intValue(),
        config.path("moe_intermediate_size").intValue());
  }

  private static Kept first(DecoderBlueprint blueprint, DecoderSizes sizes) {
    var layers =
        IntStream.range(0, LAYERS)
            .mapToObj(
                layer -> {
                  var units = new LinkedHashMap<String, double[]>();
                  LayerActivationScores.counts(blueprint, layer)
                      .forEach((kind, count) -> units.put(kind, new double[count]));
                  return new LayerActivationScores(units, 0);
                })
            .toList();
    return new UnitSelection(blueprint, new ActivationScores("", layers)).of(sizes);
  }
}
