package io.espalier.worker.algorithm.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.tensor.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What config.json may say of a model that reads text. */
final class TextConfigTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bert-qa | 'hidden_size': 30 | no multiple of num_attention_heads 4",
        "bert-qa | 'hidden_act': 'mish' | hidden_act must be one of",
        "bert-qa | 'position_embedding_type': 'relative_key' | position_embedding_type must be absolute",
        "bert-qa | 'is_decoder': true | is_decoder must be false",
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
        "bert-qa | 'pruned_heads': {'1': [0]}, 'num_attention_heads': [4, 4], 'head_dim': 8 | exclude each other",
        "bert-qa | 'layer_norm_eps': -1 | layer_norm_eps must be a number over 0",
        "bert-qa | 'pad_token_id': 99 | none of the 99 tokens",
        "bert-qa | 'vocab_size': 'many' | vocab_size must be a positive integer",
        "bert-classifier | 'num_labels': 5 | num_labels is 5, but id2label names 3",
        "bert-classifier | 'id2label': {'1': 'a'} | id2label must name the labels 0 to 0",
        "roberta-classifier | 'pad_token_id': 60, 'vocab_size': 99 | leaves no position",
        "gpt2 | 'scale_attn_by_inverse_layer_idx': true | scale_attn_by_inverse_layer_idx must be false",
        "gpt2 | 'scale_attn_weights': false | scale_attn_weights must be true",
        "gptj | 'rotary_dim': null | rotary_dim must be even",
        "gptj | 'rotary_dim': 3 | rotary_dim must be even",
        "gptj | 'rotary_dim': 10 | at most the size of a head 8",
      })
  void what_is_not_computed_is_refused(String golden, String change, String problem) {
    JsonNode config = changed(golden, change);

    assertThatThrownBy(() -> Families.text(config).network(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("config.json: ")
        .hasMessageContaining(problem);
  }

  @Test
  void every_problem_is_named_at_once() {
    JsonNode config =
        changed("bert-qa", "'hidden_size': 30, 'hidden_act': 'mish', 'is_decoder': true");

    var refusal =
        catchThrowableOfType(
            InvalidInputException.class, () -> Families.text(config).network(config));

    assertThat(refusal.problems()).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'num_attention_heads': [3, 1], 'head_dim': 8, 'intermediate_size': [10, 20] | 3 | 1 | 10 | 20",
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
            new Axis(block + "0.heads", heads0),
            new Axis(block + "0.neurons", neurons0),
            new Axis(block + "1.heads", heads1),
            new Axis(block + "1.neurons", neurons1));
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
