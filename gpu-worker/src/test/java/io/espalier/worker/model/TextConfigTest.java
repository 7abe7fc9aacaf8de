package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.DecoderFamily;
import io.espalier.worker.model.transformer.EncoderFamily;
import io.espalier.worker.tensor.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cases of config.json of a model that reads text. */
final class TextConfigTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert-qa | 'hidden_size': 30 | no multiple of num_attention_heads 4",
        "bert-qa | 'hidden_act': 'mish' | hidden_act must be one of",
        "bert-qa | 'position_embedding_type': 'relative_key' | position_embedding_type must be"
            + " absolute",
        "bert-qa | 'add_cross_attention': true | add_cross_attention must be false",
        "bert-qa | 'architectures': null | architectures must begin with one of",
        "bert-qa | 'architectures': ['BertForMultipleChoice'] | BertForMultipleChoice",
        "bert-qa | 'num_attention_heads': [4, 2] | head_dim must be given",
        "bert-qa | 'num_attention_heads': [4, 2, 1], 'head_dim': 8 | must be 2 positive integers",
        "bert-qa | 'intermediate_size': [64, 0] | must be 2 positive integers",
        "bert-qa | 'num_hidden_layers': 100000 | at most 1000",
        "bert-qa | 'pruned_heads': {'2': [0]} | pruned_heads must list for layers 0 to 1",
        "bert-qa | 'pruned_heads': {'1': [0, 1, 2, 3]} | not all",
        "bert-qa | 'pruned_heads': {'1': [0, 0]} | pruned_heads",
        "bert-qa | 'pruned_heads': {'1': [4]} | pruned_heads",
        "bert-qa | 'pruned_heads': {'1': [0]}, 'num_attention_heads': [4, 4], 'head_dim': 8 |"
            + " exclude each other",
        "bert-qa | 'layer_norm_eps': -1 | layer_norm_eps must be a number over 0",
        "bert-qa | 'pad_token_id': 99 | none of the 99 tokens",
        "bert-qa | 'vocab_size': 'many' | vocab_size must be a positive integer",
        "bert-classifier | 'num_labels': 5 | num_labels is 5, but id2label names 3",
        "bert-classifier | 'id2label': {'1': 'a'} | id2label must name the labels 0 to 0",
        "roberta-classifier | 'pad_token_id': 60, 'vocab_size': 99 | leaves no position",
        "gpt2 | 'scale_attn_by_inverse_layer_idx': true | scale_attn_by_inverse_layer_idx must be"
            + " false",
        "gpt2 | 'scale_attn_weights': false | scale_attn_weights must be true",
        "gptj | 'rotary_dim': null | rotary_dim must be even",
        "gptj | 'rotary_dim': 3 | rotary_dim must be even",
        "gptj | 'rotary_dim': 10 | at most the size of a head 8",
        "bert-qa | 'auto_map': {'AutoModel': 'own.Model'} | auto_map names code that comes with the"
            + " model",
        "llama | 'auto_map': {'AutoModel': 'own.Model'} | auto_map names code that comes with the"
            + " model",
        "qwen2 | 'quantization_config': {'quant_method': 'gptq', 'bits': 4} | quantization_config"
            + " says that weights are stored as integers",
        "llama | 'architectures': ['LlamaForQuestionAnswering'] | architectures must begin with one"
            + " of",
        "llama | 'hidden_act': 'mish' | hidden_act must be one of",
        "llama | 'attention_bias': 'yes' | attention_bias must be true or false",
        "llama | 'rms_norm_eps': 0 | rms_norm_eps must be a number over 0",
        "llama | 'num_key_value_heads': 3 | num_key_value_heads must divide the number of heads in"
            + " each layer",
        "llama | 'num_attention_heads': [4, 2], 'num_key_value_heads': [2, 4] | must divide",
        "llama | 'num_key_value_heads': [2, 0] | num_key_value_heads must be 2 positive integers",
        "llama | 'head_dim': 11 | heads of 11 channels cannot be turned in pairs",
        "llama | 'head_dim': null, 'hidden_size': 50 | no multiple of num_attention_heads 4",
        "llama | 'partial_rotary_factor': 0.5 | partial_rotary_factor must be 1",
        "llama | 'partial_rotary_factor': 2 | have no more channels than 12",
        "llama | 'rope_theta': 0 | rope_theta must be a number of at least 1",
        "llama | 'rope_scaling': 2 | rope_scaling must be an object",
        "llama | 'rope_scaling': {'rope_type': 'su', 'factor': 2} | rope_scaling.rope_type must be"
            + " default, linear, dynamic, llama3, yarn or longrope",
        "llama | 'rope_scaling': {'type': 'linear'} | rope_scaling.factor must be given",
        "llama | 'rope_scaling': {'type': 'linear', 'factor': 0.5} | rope_scaling.factor must be a"
            + " number of at least 1",
        "llama | 'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1} |"
            + " rope_scaling.high_freq_factor must be given",
        "llama | 'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 4,"
            + " 'high_freq_factor': 4, 'original_max_position_embeddings': 32} | must be more than"
            + " low_freq_factor",
        "llama | 'rope_scaling': {'rope_type': 'yarn', 'factor': 4, 'beta_fast': 1, 'beta_slow': 2}"
            + " | beta_fast 1.0 must be at least beta_slow 2.0",
        "llama | 'rope_scaling': {'rope_type': 'yarn', 'factor': 4,"
            + " 'original_max_position_embeddings': 0} |"
            + " rope_scaling.original_max_position_embeddings must be a positive integer",
        "llama | 'rope_scaling': {'rope_type': 'longrope', 'factor': 4, 'short_factor': [1, 1],"
            + " 'long_factor': [1, 1, 1, 1, 1, 1]} | rope_scaling.short_factor must be 6 numbers"
            + " over 0",
        "llama | 'rope_scaling': {'rope_type': 'longrope', 'factor': 4, 'short_factor': [1, 1, 1,"
            + " 1, 1, 1], 'long_factor': [1, 1, 1, 1, 1, 0]} | rope_scaling.long_factor must be 6"
            + " numbers over 0",
        "llama | 'rope_scaling': {'type': 'linear', 'factor': 2, 'rope_theta': 1e5} | rope_theta,"
            + " rope_scaling and rope_parameters are read otherwise by transformers 4.57",
        "llama | 'rope_theta': 1e4, 'rope_parameters': {'rope_theta': 1e5} | are read otherwise by"
            + " transformers 4.57 (Unscaled[base=10000.0]) than by transformers 5"
            + " (Unscaled[base=100000.0])",
        "llama | 'rope_theta': null | rope_theta must be a number, found null",
        "llama | 'rope_parameters': {'full_attention': {'rope_theta': 1e4}} | one scaling for each"
            + " type of layer is not computed",
        "llama | 'rope_parameters': {'rope_theta': 1e4, 'partial_rotary_factor': 0.5} |"
            + " rope_parameters.partial_rotary_factor must be 1",
        "llama | 'layer_types': ['full_attention', 'sliding_attention'] | layer_types must be"
            + " 'full_attention' for each layer",
        "mistral | 'sliding_window': 0 | sliding_window must be a positive integer",
        "qwen2 | 'layer_types': ['full_attention', 'sliding_attention'] | layer_types must be"
            + " 'full_attention' for each layer",
        "qwen3 | 'layer_types': ['full_attention'] | as 2 layers",
        "qwen3 | 'use_sliding_window': true, 'sliding_window': 6, 'layer_types':"
            + " ['sliding_attention', 'chunked_attention'] | layer_types must be a list of"
            + " 'full_attention' or 'sliding_attention' for each layer",
        "qwen3 | 'max_window_layers': -1, 'use_sliding_window': true, 'sliding_window': 6,"
            + " 'layer_types': null | max_window_layers must be an integer of at least 0",
      })
  void what_is_not_computed_is_refused(String golden, String change, String problem) {
    JsonNode config = changed(golden, change);

    assertThatThrownBy(() -> Families.text(config).network(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("config.json: ")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "mistral | 'layer_types': ['full_attention', 'full_attention'] | layers are"
            + " 'sliding_attention' for each layer",
        "llama | 'rope_theta': 1e4, 'rope_parameters': {'rope_type': 'linear', 'factor': 2} |"
            + " rope_parameters is read by transformers 5, and passed over by transformers 4.57",
        "llama | 'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1,"
            + " 'high_freq_factor': 4} | transformers 5 opens it, but transformers 4.57 does not:"
            + " config.json: rope_scaling.original_max_position_embeddings must be given",
        "llama | 'attention_bias': null | attention_bias is null, which transformers 5 refuses; it"
            + " is taken for false",
      })
  void what_versions_read_otherwise_is_warned_of(String golden, String change, String warning) {
    TextNetwork network = Families.text(changed(golden, change)).network(changed(golden, change));

    assertThat(network.warnings()).singleElement().asString().contains(warning);
  }

  @Test
  void every_problem_is_named_at_once() {
    JsonNode config =
        changed("bert-qa", "'hidden_size': 30, 'hidden_act': 'mish', 'add_cross_attention': true");

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class, () -> Families.text(config).network(config));

    assertThat(refusal.problems()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'num_attention_heads': [3, 1], 'head_dim': 8, 'intermediate_size': [10, 20] | 3 | 1 | 10 |"
            + " 20",
        "'num_attention_heads': 2, 'head_dim': 8, 'intermediate_size': 7 | 2 | 2 | 7 | 7",
        "'pruned_heads': {'1': [0, 3]} | 4 | 2 | 64 | 64",
        "'pruned_heads': {} | 4 | 4 | 64 | 64",
      })
  void a_config_promises_the_widths_of_each_layer(
      String change, int heads0, int heads1, int neurons0, int neurons1) {
    JsonNode config = changed("bert-qa", change);

    var architecture = Families.text(config).network(config).architecture(Map.of(), 4);

    String block = "bert.encoder.layer.";
    assertThat(architecture.prunableAxes())
        .containsExactly(
            Axis.of(AxisKind.HEADS, block + "0", heads0),
            Axis.of(AxisKind.NEURONS, block + "0", neurons0),
            Axis.of(AxisKind.HEADS, block + "1", heads1),
            Axis.of(AxisKind.NEURONS, block + "1", neurons1));
    assertThat(architecture.shapes().get(block + "1.attention.self.query.weight"))
        .containsExactly(8L * heads1, 32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'use_cache': false | true",
        "'head_dim': 8 | true",
        "'num_attention_heads': 3, 'head_dim': 8 | false",
        "'num_attention_heads': [4, 4], 'head_dim': 8 | false",
        "'intermediate_size': [64, 64] | false",
        "'pruned_heads': {'1': [0]} | false",
        "'pruned_heads': {} | true",
      })
  void transformers_opens_what_is_equally_wide_everywhere(String change, boolean opens) {
    JsonNode config = changed("bert-qa", change);

    List<String> loaders = Families.of(config).loadsIn(config);

    assertThat(loaders).startsWith("espalier", "safetensors");
    assertThat(loaders.contains("transformers")).isEqualTo(opens);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama | 'use_cache': false | true",
        "llama | 'num_attention_heads': 5, 'num_key_value_heads': 5 | false", // 48 is no multiple
        "qwen3 | 'num_attention_heads': 3, 'num_key_value_heads': 3 | true",
        "mistral | 'num_attention_heads': 2, 'num_key_value_heads': 1, 'head_dim': 12 | true",
        "qwen3 | 'num_key_value_heads': [2, 1] | false",
        "qwen3 | 'num_attention_heads': [4, 2] | false",
        "qwen3 | 'intermediate_size': [96, 64] | false",
      })
  void transformers_opens_heads_of_any_size(String golden, String change, boolean opens) {
    JsonNode config = changed(golden, change);

    assertThat(Families.of(config).loadsIn(config).contains("transformers")).isEqualTo(opens);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'num_key_value_heads': null | 4 4 96 4 4 96",
        "'num_attention_heads': [4, 2], 'num_key_value_heads': [2, 1], 'intermediate_size': [8, 9]"
            + " | 4 2 8 2 1 9",
        "'num_attention_heads': 6, 'num_key_value_heads': 3 | 6 3 96 6 3 96",
      })
  void a_config_promises_heads_groups_and_neurons_of_each_layer(String change, String widths) {
    JsonNode config = changed("llama", change);

    var architecture = Families.text(config).network(config).architecture(Map.of(), 4);

    assertThat(architecture.axes().stream().skip(2).map(axis -> axis.units() + ""))
        .containsExactly(widths.split(" ", -1));
  }

  /** Checks the defaults of transformers 4.57.6. */
  @ParameterizedTest
  @CsvSource({
    "llama, LlamaModel, 4096, 32, 32, 11008, 128, 2048",
    "mistral, MistralModel, 4096, 32, 8, 14336, 128, 131072",
    "qwen2, Qwen2Model, 4096, 32, 32, 22016, 128, 32768",
    "qwen3, Qwen3Model, 4096, 32, 32, 22016, 128, 32768"
  })
  void silence_means_what_transformers_takes_it_for(
      String type,
      String model,
      int hidden,
      int heads,
      int groups,
      int neurons,
      int size,
      int positions) {
    JsonNode config =
        Configs.json("{'model_type': '%s', 'architectures': ['%s']}".formatted(type, model));

    TextNetwork network = Families.text(config).network(config);

    var architecture = network.architecture(Map.of(), 4);
    assertThat(network.hiddenSize()).isEqualTo(hidden);
    assertThat(network.headSize()).isEqualTo(size);
    assertThat(network.input().positions()).isEqualTo(positions);
    assertThat(architecture.axes())
        .contains(
            Axis.of(AxisKind.HEADS, "layers.31", heads),
            Axis.of(AxisKind.GROUPS, "layers.31", groups),
            Axis.of(AxisKind.NEURONS, "layers.31", neurons));
  }

  @ParameterizedTest
  @CsvSource({"gpt2, 96", "gptj, 50256", "llama, 80"})
  void a_text_may_end_with_what_is_none_of_the_tokens(String golden, int end) {
    JsonNode config = changed(golden, "'eos_token_id': %d, 'pad_token_id': null".formatted(end));

    assertThat(Families.text(config).network(config).input().padding()).isZero();
  }

  @Test
  void a_text_may_end_with_one_of_several_tokens() {
    JsonNode config = changed("llama", "'eos_token_id': [7, 9]");

    assertThat(Families.text(config).network(config).input().padding()).isEqualTo(7);
  }

  @Test
  void roberta_has_no_positions_up_to_its_padding() {
    var input = Golden.of("roberta-classifier").network().input();

    assertThat(input.positions()).isEqualTo(48); // 50, less 0 and 1
    assertThat(input.padding()).isEqualTo(1);
    assertThat(input.labels()).containsExactly("LABEL_0", "LABEL_1", "LABEL_2");
    assertThat(input.task()).isEqualTo(TextTask.TEXT_CLASSIFICATION);
  }

  @Test
  void families_tell_what_their_heads_can_do() {
    assertThat(EncoderFamily.BERT.tasks())
        .containsExactly(
            "feature-extraction",
            "fill-mask",
            "question-answering",
            "text-classification",
            "token-classification");
    assertThat(DecoderFamily.GPT2.tasks())
        .containsExactly("feature-extraction", "text-classification", "text-generation");
  }

  private static JsonNode changed(String golden, String change) {
    ObjectNode config = (ObjectNode) Golden.of(golden).config();
    config.setAll((ObjectNode) Configs.json("{" + change + "}"));
    return config;
  }
}
