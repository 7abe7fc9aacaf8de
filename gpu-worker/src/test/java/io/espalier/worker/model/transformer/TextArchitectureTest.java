package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.Configs;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tables of tensors, axes and layers of the families of text. */
final class TextArchitectureTest {
  @ParameterizedTest
  @CsvSource({
    "bert-qa, bert.encoder.layer., 64",
    "bert-classifier, bert.encoder.layer., 64",
    "bert-mlm, bert.encoder.layer., 64",
    "distilbert-qa, distilbert.transformer.layer., 64",
    "roberta-classifier, roberta.encoder.layer., 64",
    "gpt2, transformer.h., 128",
    "gptj, transformer.h., 128"
  })
  void heads_and_neurons_of_each_layer_may_be_cut_and_nothing_else(
      String name, String block, int neurons) {
    Architecture architecture = TextModel.of(Golden.of(name).model()).architecture();

    assertThat(architecture.prunableAxes())
        .containsExactly(
            Axis.of(AxisKind.HEADS, block + "0", 4),
            Axis.of(AxisKind.NEURONS, block + "0", neurons),
            Axis.of(AxisKind.HEADS, block + "1", 4),
            Axis.of(AxisKind.NEURONS, block + "1", neurons));
    assertThat(architecture.frozen()).containsKeys("hidden", "vocabulary");
    assertThat(architecture.frozen().containsKey("positions")).isEqualTo(!name.equals("gptj"));
    assertThat(architecture.attentions()).hasSize(2);
  }

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#texts")
  void every_number_of_the_file_is_a_parameter(String name) {
    TextModel model = TextModel.of(Golden.of(name).model());

    long stored =
        model.directory().shapes().values().stream()
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();

    assertThat(whole(model.architecture()).parameters()).isEqualTo(stored);
  }

  @Test
  void operations_of_bert_base_are_those_of_its_closed_formula() {
    JsonNode config =
        Configs.json("{'model_type': 'bert', 'architectures': ['BertForQuestionAnswering']}");
    Architecture architecture = EncoderFamily.BERT.network(config).architecture(Map.of(), 128);

    long projections = 4L * 768 * 768; // queries, keys, values, output
    long feedForward = 2L * 768 * 3072;
    long attention = 2L * 128 * 768; // per token: all keys, all values
    long layers = 12 * 2 * 128 * (projections + feedForward + attention);
    assertThat(whole(architecture).flops()).isEqualTo(layers + 2 * 128 * 768 * 2);
    assertThat(architecture.layers()).hasSize(12 * 6 + 1);
    assertThat(whole(architecture).parameters())
        .isEqualTo(108_893_186L); // as transformers counts BertForQuestionAnswering
  }

  @ParameterizedTest
  @CsvSource({
    "llama, 4, 2, 96, 12, 48",
    "mistral, 4, 2, 96, 12, 48",
    "qwen2, 4, 2, 96, 12, 48",
    "qwen3, 4, 2, 96, 16, 40"
  })
  void heads_in_groups_are_cut_together_and_only_neurons_alone(
      String name, int heads, int groups, int neurons, int size, int hidden) {
    Architecture architecture = TextModel.of(Golden.of(name).model()).architecture();

    assertThat(architecture.axes())
        .containsExactly(
            Axis.of(AxisKind.VOCABULARY, "", 80),
            Axis.of(AxisKind.HIDDEN, "", hidden),
            Axis.of(AxisKind.HEADS, "model.layers.0", heads),
            Axis.of(AxisKind.GROUPS, "model.layers.0", groups),
            Axis.of(AxisKind.NEURONS, "model.layers.0", neurons),
            Axis.of(AxisKind.HEADS, "model.layers.1", heads),
            Axis.of(AxisKind.GROUPS, "model.layers.1", groups),
            Axis.of(AxisKind.NEURONS, "model.layers.1", neurons));
    assertThat(architecture.prunableAxes())
        .extracting(Axis::name)
        .containsExactly("model.layers.0.neurons", "model.layers.1.neurons");
    for (String axis : new String[] {"hidden", "model.layers.0.heads", "model.layers.1.groups"}) {
      assertThat(architecture.frozen().get(axis)).contains("Minitron");
    }
    Architecture cut =
        architecture.keep(
            new Kept(
                Map.of(
                    "model.layers.0.heads",
                    new int[] {3},
                    "model.layers.0.groups",
                    new int[] {1})));
    String attention = "model.layers.0.self_attn.";
    assertThat(cut.shapes().get(attention + "q_proj.weight")).containsExactly(size, hidden);
    assertThat(cut.shapes().get(attention + "v_proj.weight")).containsExactly(size, hidden);
    assertThat(cut.shapes().get(attention + "o_proj.weight")).containsExactly(hidden, size);
  }

  /** Llama 3 8B: 8 030 261 248 parameters, as its model card's checkpoint has. */
  @Test
  void operations_of_llama_3_are_those_of_its_closed_formula() {
    JsonNode config =
        Configs.json(
            "{'model_type': 'llama', 'architectures': ['LlamaForCausalLM'], 'hidden_size': 4096,"
                + "'intermediate_size': 14336, 'num_key_value_heads': 8, 'vocab_size': 128256}");
    Architecture architecture = Families.text(config).network(config).architecture(Map.of(), 512);

    long projections = 2L * 4096 * 4096 + 2L * 4096 * 1024; // queries and output, keys and values
    long feedForward = 3L * 4096 * 14336;
    long attention = 2L * 512 * 4096; // per token, of all heads: all keys, all values
    long layers = 32 * 2 * 512 * (projections + feedForward + attention);
    assertThat(whole(architecture).flops()).isEqualTo(layers + 2L * 512 * 4096 * 128256);
    assertThat(whole(architecture).parameters()).isEqualTo(8_030_261_248L);
  }

  @Test
  void a_head_that_reads_one_token_is_counted_once() {
    Architecture architecture =
        TextModel.of(Golden.of("roberta-classifier").model(), 20).architecture();

    assertThat(architecture.layers())
        .filteredOn(layer -> layer.weight().startsWith("classifier."))
        .hasSize(2)
        .allMatch(layer -> layer.window().positions() == 1);
  }

  @ParameterizedTest
  @CsvSource({"gpt2, transformer.wte.weight", "bert-mlm, bert.embeddings.word_embeddings.weight"})
  void scores_off_the_embedding_are_a_layer_without_parameters(String name, String weight) {
    Architecture architecture = TextModel.of(Golden.of(name).model(), 20).architecture();

    Layer last = architecture.layers().get(architecture.layers().size() - 1);

    assertThat(last.weight()).isEqualTo(weight);
    assertThat(last.window().positions()).isEqualTo(20);
    assertThat(last.out().size()).isEqualTo(architecture.shapes().get(weight)[0]);
    assertThat(last.in().size()).isEqualTo(32);
  }

  /** Cutting one head of fused queries, keys and values takes three stretches. */
  @Test
  void a_head_of_gpt2_is_three_stretches_of_its_fused_layer() {
    Architecture architecture = TextModel.of(Golden.of("gpt2").model()).architecture();

    Architecture cut =
        architecture.keep(new Kept(Map.of("transformer.h.0.heads", new int[] {0, 2, 3})));

    assertThat(cut.shapes().get("transformer.h.0.attn.c_attn.weight")).containsExactly(32, 72);
    assertThat(cut.shapes().get("transformer.h.0.attn.c_attn.bias")).containsExactly(72);
    assertThat(cut.shapes().get("transformer.h.0.attn.c_proj.weight")).containsExactly(24, 32);
    assertThat(cut.shapes().get("transformer.h.1.attn.c_attn.weight")).containsExactly(32, 96);
  }

  @Test
  void heads_of_gpt2_have_choices_though_one_layer_writes_them_three_times() {
    Architecture architecture = TextModel.of(Golden.of("gpt2").model()).architecture();

    SearchSpace space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(16));

    assertThat(space.axes().get(0).widths()).containsExactly(1, 2, 3, 4); // one by one
  }

  private static Cost whole(Architecture architecture) {
    return CostModel.of(architecture)
        .cost(SearchSpace.of(architecture, ChoiceRule.everyTwentieth(1)).max());
  }
}
