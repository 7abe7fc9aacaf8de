package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.tensor.Golden;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantizationPlanTest {
  private static final WeightScheme INT8 = WeightScheme.perChannel(QuantizationFormat.INT8, true);

  @Test
  void attention_and_neurons_of_bert_are_quantized_and_what_stands_behind_stays() {
    QuantizationPlan plan = plan("bert-qa", INT8, ModulePatterns.NONE);

    assertThat(plan.layers())
        .extracting(QuantizedLayer::module)
        .containsExactlyElementsOf(
            IntStream.range(0, 2)
                .mapToObj(layer -> "bert.encoder.layer." + layer)
                .flatMap(
                    block ->
                        Stream.of(
                            block + ".attention.self.query",
                            block + ".attention.self.key",
                            block + ".attention.self.value",
                            block + ".attention.output.dense",
                            block + ".intermediate.dense",
                            block + ".output.dense"))
                .toList());
    assertThat(plan.kept()).extracting(KeptLayer::module).containsExactly("qa_outputs");
  }

  @Test
  void experts_are_quantized_but_what_decides_on_them_stays() {
    QuantizationPlan plan = plan("qwen2-moe", INT8, ModulePatterns.NONE);

    assertThat(plan.layers())
        .extracting(QuantizedLayer::module)
        .contains(
            "model.layers.0.mlp.experts.0.gate_proj",
            "model.layers.0.mlp.shared_expert.down_proj",
            "model.layers.0.self_attn.q_proj");
    assertThat(plan.kept())
        .filteredOn(layer -> layer.reason().equals("decides on experts"))
        .extracting(KeptLayer::module)
        .contains("model.layers.0.mlp.gate", "model.layers.0.mlp.shared_expert_gate");
    assertThat(plan.kept()).extracting(KeptLayer::module).contains("lm_head");
  }

  @ParameterizedTest
  @CsvSource({
    "llama-tied-rope-llama3-scaling, lm_head",
    "bert-mlm, cls.predictions.decoder",
    "bert-mlm, cls.predictions.transform.dense",
    "bert-classifier, classifier",
    "gptj, lm_head"
  })
  void output_layers_stay_even_if_they_have_no_weight_of_their_own(String model, String module) {
    assertThat(plan(model, INT8, ModulePatterns.NONE).kept())
        .extracting(KeptLayer::module)
        .contains(module);
  }

  @Test
  void layers_that_are_ignored_stay_and_say_by_which_pattern() {
    var ignored = new ModulePatterns(List.of("re:.*\\.1\\..*", "model.layers.0.mlp.up_proj"));

    QuantizationPlan plan = plan("llama", INT8, ignored);

    assertThat(plan.layers())
        .extracting(QuantizedLayer::module)
        .allMatch(module -> module.startsWith("model.layers.0."))
        .doesNotContain("model.layers.0.mlp.up_proj")
        .hasSize(6);
    assertThat(plan.kept())
        .contains(
            new KeptLayer("model.layers.1.mlp.up_proj", "ignored by re:.*\\.1\\..*"),
            new KeptLayer("model.layers.0.mlp.up_proj", "ignored by model.layers.0.mlp.up_proj"));
  }

  @Test
  void a_group_that_does_not_divide_is_refused_with_what_would_help() {
    var scheme = new WeightScheme(QuantizationFormat.INT4, 64, true);

    assertThatThrownBy(() -> plan("llama", scheme, ModulePatterns.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "quantize.group: 'model.layers.0.self_attn.q_proj' reads 48 inputs, which groups of 64"
                + " do not divide; no group divides it, or prune with hiddenDivisor: 64")
        .hasMessageContaining(
            "'model.layers.1.mlp.down_proj' reads 96 inputs, which groups of 64 do not divide;"
                + " group: 32 does, or prune with neuronDivisor: 64")
        .hasMessageContaining("o_proj' reads 48 inputs")
        .hasMessageContaining("headDivisor: 16"); // of 12 channels each
  }

  @ParameterizedTest
  @CsvSource({"cifar-resnet20, a network of convolutions", "gpt2, 'weights of (inputs, outputs)'"})
  void what_compressed_tensors_has_no_form_for_is_refused_by_name(String model, String words) {
    assertThatThrownBy(() -> plan(model, INT8, ModulePatterns.NONE))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is of family")
        .hasMessageContaining(words);
  }

  @Test
  void a_pattern_that_names_no_layer_is_refused_with_those_that_there_are() {
    assertThatThrownBy(() -> plan("llama", INT8, new ModulePatterns(List.of("mlp"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("quantize.ignore: no linear layer is called 'mlp'")
        .hasMessageContaining("model.layers.0.mlp.up_proj");
    assertThatThrownBy(() -> plan("llama", INT8, new ModulePatterns(List.of("re:.*"))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no layer is left to quantize");
    assertThat(new ModulePatterns(List.of("re:[")).problems()).hasSize(1);
  }

  @Test
  void bits_are_counted_with_scales_and_zero_points() {
    var grouped = new WeightScheme(QuantizationFormat.INT4, 32, false);

    QuantizedLayer layer = plan("bert-qa", grouped, ModulePatterns.NONE).layers().get(0);

    // 32 x 32: 512 bytes of integers, 128 of scales, 16 of zero points, 16 of the shape
    assertThat(layer.bitsPerWeight()).isEqualTo(8.0 * (512 + 128 + 16 + 16) / 1024);
  }

  private static QuantizationPlan plan(String model, WeightScheme scheme, ModulePatterns ignored) {
    return QuantizationPlan.of(KnownModel.of(Golden.of(model).model()), scheme, ignored);
  }
}
