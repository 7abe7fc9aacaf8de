package io.espalier.worker.algorithm.minitron.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes that are asked for by number. */
final class TargetSizesTest {
  private final DecoderBlueprint gpt2 =
      DecoderBlueprint.of(TextModel.of(Golden.of("gpt2").model()));
  private final SizeDivisors divisors = SizeDivisors.Asked.NOTHING.ofExport(gpt2.sizes());

  @Test
  void what_is_not_named_stays() {
    var export = new TargetSizes(Map.of(DecoderDimension.NEURONS, 96));

    assertThat(export.of(gpt2, divisors, true)).isEqualTo(new DecoderSizes(32, 96, 4, 4, 2));
  }

  @Test
  void heads_with_keys_of_their_own_take_their_groups_along() {
    var export = new TargetSizes(Map.of(DecoderDimension.HEADS, 3, DecoderDimension.HIDDEN, 24));

    assertThat(export.of(gpt2, divisors, true)).isEqualTo(new DecoderSizes(24, 128, 3, 3, 2));
  }

  @Test
  void everything_that_does_not_fit_is_said_at_once() {
    var export =
        new TargetSizes(
            Map.of(
                DecoderDimension.HIDDEN,
                30,
                DecoderDimension.NEURONS,
                100,
                DecoderDimension.HEADS,
                3,
                DecoderDimension.GROUPS,
                2,
                DecoderDimension.LAYERS,
                5));

    InvalidInputException refused =
        catchThrowableOfType(InvalidInputException.class, () -> export.of(gpt2, divisors, true));

    assertThat(refused.problems())
        .containsExactly(
            "prune.export.hidden_size: 30 is no multiple of 4; ask for another, or for a smaller"
                + " divisor",
            "prune.export.ffn_hidden_size: 100 is no multiple of 16; ask for another, or for a"
                + " smaller divisor",
            "prune.export.num_layers: wanted 1 to 2, as the model has, found 5",
            "prune.export.num_attention_heads: 3 heads are no multiple of 2 groups",
            "prune.export.hidden_size and num_attention_heads: hidden 30 is not 3 heads of 8"
                + " channels, and its config.json has no place for the size of a head");
  }

  @Test
  void more_heads_in_a_group_than_there_are_cannot_be_had() {
    var export = new TargetSizes(Map.of(DecoderDimension.HEADS, 4, DecoderDimension.GROUPS, 2));

    InvalidInputException refused =
        catchThrowableOfType(InvalidInputException.class, () -> export.of(gpt2, divisors, true));

    assertThat(refused.problems())
        .containsExactly(
            "prune.export.num_attention_heads: 4 heads in 2 groups are 2 in each, but the model has"
                + " 1");
  }

  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model()));
  }

  private static List<String> problems(
      DecoderBlueprint blueprint, Map<DecoderDimension, Integer> asked) {
    SizeDivisors usual = SizeDivisors.Asked.NOTHING.ofExport(blueprint.sizes());
    return catchThrowableOfType(
            InvalidInputException.class, () -> new TargetSizes(asked).of(blueprint, usual, true))
        .problems();
  }

  @Test
  void experts_and_their_neurons_have_sizes_of_their_own() {
    DecoderBlueprint qwen = blueprint("qwen3-moe");
    SizeDivisors usual = SizeDivisors.Asked.NOTHING.ofExport(qwen.sizes());

    DecoderSizes found =
        new TargetSizes(
                Map.of(
                    DecoderDimension.EXPERTS,
                    3,
                    DecoderDimension.EXPERT_NEURONS,
                    12,
                    DecoderDimension.LAYERS,
                    2))
            .of(qwen, usual, true);

    assertThat(found)
        .isEqualTo(
            DecoderSizes.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    32,
                    DecoderDimension.NEURONS,
                    48,
                    DecoderDimension.EXPERTS,
                    3,
                    DecoderDimension.EXPERT_NEURONS,
                    12,
                    DecoderDimension.HEADS,
                    4,
                    DecoderDimension.GROUPS,
                    2,
                    DecoderDimension.LAYERS,
                    2)));
  }

  @Test
  void an_expert_that_all_tokens_share_has_a_size_of_its_own() {
    DecoderBlueprint qwen = blueprint("qwen2-moe");
    SizeDivisors usual = SizeDivisors.Asked.NOTHING.ofExport(qwen.sizes());

    DecoderSizes found =
        new TargetSizes(Map.of(DecoderDimension.SHARED_NEURONS, 24)).of(qwen, usual, true);

    assertThat(found)
        .isEqualTo(
            DecoderSizes.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    32,
                    DecoderDimension.NEURONS,
                    48,
                    DecoderDimension.EXPERTS,
                    6,
                    DecoderDimension.EXPERT_NEURONS,
                    24,
                    DecoderDimension.SHARED_NEURONS,
                    24,
                    DecoderDimension.HEADS,
                    4,
                    DecoderDimension.GROUPS,
                    2,
                    DecoderDimension.LAYERS,
                    3)));
    assertThat(problems(qwen, Map.of(DecoderDimension.SHARED_NEURONS, 41)))
        .containsExactly(
            "prune.export.moe_shared_expert_intermediate_size: wanted 1 to 40, as the model has,"
                + " found 41");
    assertThat(problems(blueprint("qwen3-moe"), Map.of(DecoderDimension.SHARED_NEURONS, 8)))
        .containsExactly(
            "prune.export.moe_shared_expert_intermediate_size: the model has no expert that all"
                + " tokens share");
  }

  /** transformers opens a Qwen2 whose config.json says head_dim, but vLLM does not look at it. */
  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "qwen2-moe"})
  void heads_of_qwen2_share_the_stream(String golden) {
    DecoderBlueprint qwen = blueprint(golden);
    int headSize = qwen.headSize();

    assertThat(problems(qwen, Map.of(DecoderDimension.HEADS, 2)))
        .containsExactly(
            "prune.export.hidden_size and num_attention_heads: hidden %d is not 2 heads of %d channels, but vLLM divides hidden by heads even though head_dim is given"
                .formatted(qwen.hidden().units(), headSize));
    var both =
        new TargetSizes(Map.of(DecoderDimension.HEADS, 2, DecoderDimension.HIDDEN, 2 * headSize));
    assertThat(both.of(qwen, SizeDivisors.Asked.NOTHING.ofExport(qwen.sizes()), true).heads())
        .isEqualTo(2);
  }

  @Test
  void fewer_experts_than_each_token_has_are_refused() {
    assertThat(problems(blueprint("mixtral"), Map.of(DecoderDimension.EXPERTS, 1)))
        .containsExactly(
            "prune.export.num_moe_experts: 1 are fewer than the 2 experts that each token has"
                + " (num_experts_per_tok)");
    assertThat(
            problems(
                blueprint("qwen3-moe"),
                Map.of(DecoderDimension.EXPERTS, 7, DecoderDimension.EXPERT_NEURONS, 13)))
        .containsExactly(
            "prune.export.num_moe_experts: wanted 1 to 6, as the model has, found 7",
            "prune.export.moe_ffn_hidden_size: 13 is no multiple of 2; ask for another, or for a"
                + " smaller divisor");
  }

  /** In config.json of a Mixtral, intermediate_size is the width of an expert. */
  @Test
  void sizes_of_what_a_model_does_not_have_are_refused_with_what_it_has() {
    assertThat(problems(blueprint("mixtral"), Map.of(DecoderDimension.NEURONS, 24)))
        .containsExactly(
            "prune.export.ffn_hidden_size: all neurons of the model are those of experts; ask for"
                + " moe_ffn_hidden_size or moe_intermediate_size");
    assertThat(
            problems(
                gpt2, Map.of(DecoderDimension.EXPERTS, 2, DecoderDimension.EXPERT_NEURONS, 16)))
        .containsExactly(
            "prune.export.num_moe_experts: the model has no experts",
            "prune.export.moe_ffn_hidden_size: the model has no experts");
  }

  @Test
  void own_loaders_open_what_others_do_not() {
    var export = new TargetSizes(Map.of(DecoderDimension.HIDDEN, 24));

    assertThat(export.of(gpt2, divisors, false)).isEqualTo(new DecoderSizes(24, 128, 4, 4, 2));
  }
}
