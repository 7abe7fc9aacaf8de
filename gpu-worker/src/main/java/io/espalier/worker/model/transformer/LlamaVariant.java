package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.transformer.rope.RotaryConfig;
import io.espalier.worker.model.transformer.rope.Rotation;
import java.util.List;
import java.util.Optional;

/**
 * A kind of model of the family of Llama: its defaults, and in what its layers differ.
 *
 * <p>Source: transformers 4.57.6, {@code models/llama}, {@code mistral}, {@code qwen2}, {@code
 * qwen3}, {@code mixtral}, {@code qwen2_moe}, {@code qwen3_moe}.
 *
 * @param type its {@code model_type}
 * @param stem what its classes' names begin with
 * @param usual what its configs mean where they are silent
 * @param windows how its configs say where tokens see only those near them
 * @param biases which of its layers have biases
 * @param headNorms whether queries and keys are normalised
 * @param experts how its configs describe experts, if it has any
 * @param headRule what loaders want of the number of heads
 * @param base what angles of positions are powers of where its configs are silent
 */
record LlamaVariant(
    String type,
    String stem,
    TextDefaults usual,
    WindowRule windows,
    Biases biases,
    boolean headNorms,
    Optional<ExpertConfig> experts,
    HeadRule headRule,
    double base) {
  private static final double USUAL_BASE = 10_000;

  /** Linear layers that have biases. */
  enum Biases {
    /** None. */
    NONE,
    /** Those of queries, keys and values. */
    READ,
    /** Those of queries, keys and values, unless the config says otherwise. */
    READ_UNLESS_SAID,
    /** Those of attention, if the config says so. */
    ATTENTION,
    /** Those of attention and those of the feed-forward part, if the config says so of each. */
    ALL
  }

  /** Llama 1 to 3. */
  private static final LlamaVariant LLAMA =
      dense(
          "llama",
          "Llama",
          TextDefaults.LLAMA,
          WindowRule.NOWHERE,
          Biases.ALL,
          false,
          HeadRule.DIVISOR);

  /** Mistral, in whose first versions tokens see only near ones. */
  private static final LlamaVariant MISTRAL =
      dense(
          "mistral",
          "Mistral",
          TextDefaults.MISTRAL,
          WindowRule.EVERYWHERE,
          Biases.NONE,
          false,
          HeadRule.FREE);

  /** Qwen2 and 2.5, with biases of queries, keys and values. */
  private static final LlamaVariant QWEN2 =
      dense(
          "qwen2",
          "Qwen2",
          TextDefaults.QWEN2,
          WindowRule.BY_LAYER,
          Biases.READ,
          false,
          HeadRule.SHARE);

  /** Qwen3, which normalises queries and keys. */
  private static final LlamaVariant QWEN3 =
      dense(
          "qwen3",
          "Qwen3",
          TextDefaults.QWEN3,
          WindowRule.BY_LAYER,
          Biases.ATTENTION,
          true,
          HeadRule.FREE);

  /** Mistral with experts. */
  private static final LlamaVariant MIXTRAL =
      new LlamaVariant(
          "mixtral",
          "Mixtral",
          TextDefaults.MIXTRAL,
          WindowRule.WHERE_SAID,
          Biases.NONE,
          false,
          Optional.of(ExpertConfig.MIXTRAL),
          HeadRule.FREE,
          1e6);

  /** Qwen2 with experts, one of which all tokens share. */
  private static final LlamaVariant QWEN2_MOE =
      new LlamaVariant(
          "qwen2_moe",
          "Qwen2Moe",
          TextDefaults.QWEN2_MOE,
          WindowRule.UNSETTLED,
          Biases.READ_UNLESS_SAID,
          false,
          Optional.of(ExpertConfig.QWEN2),
          HeadRule.SHARE,
          USUAL_BASE);

  /** Qwen3 with experts. */
  private static final LlamaVariant QWEN3_MOE =
      new LlamaVariant(
          "qwen3_moe",
          "Qwen3Moe",
          TextDefaults.QWEN3_MOE,
          WindowRule.EVERYWHERE_IF_USED,
          Biases.ATTENTION,
          true,
          Optional.of(ExpertConfig.QWEN3),
          HeadRule.FREE,
          USUAL_BASE);

  private static LlamaVariant dense(
      String type,
      String stem,
      TextDefaults usual,
      WindowRule windows,
      Biases biases,
      boolean headNorms,
      HeadRule headRule) {
    return new LlamaVariant(
        type, stem, usual, windows, biases, headNorms, Optional.empty(), headRule, USUAL_BASE);
  }

  /** Every kind that is known. */
  static final List<LlamaVariant> KNOWN =
      List.of(LLAMA, MISTRAL, QWEN2, QWEN3, MIXTRAL, QWEN2_MOE, QWEN3_MOE);

  /** The kind of a model, if it is of the family. */
  static Optional<LlamaVariant> of(JsonNode config) {
    String found = config.path("model_type").asText();
    return config.hasNonNull("architecture")
        ? Optional.empty()
        : KNOWN.stream().filter(variant -> variant.type.equals(found)).findFirst();
  }

  /** Returns how configs of the kind are read. */
  TransformerSpec.Reader reader() {
    return new TransformerSpec.Reader(
        TextKeys.LLAMA,
        usual,
        DecoderHeads.of(stem, "ForCausalLM", Optional.empty()),
        DecoderNames.LLAMA.words(),
        this::refuse,
        false);
  }

  private void refuse(ConfigReader config, TextWidths widths) {
    rotation(config, widths);
    windows(config, widths);
    block(config, widths);
  }

  /** Returns what queries and keys are turned by. */
  Rotation rotation(ConfigReader config, TextWidths widths) {
    int positions = config.count(TextKeys.LLAMA.positions(), usual.positions());
    boolean typeFirst = !equals(MISTRAL) && !equals(MIXTRAL);
    return new RotaryConfig(config, base, typeFirst).rotation(widths.headSize(), positions);
  }

  /** Returns where tokens see only those near them. */
  Windows windows(ConfigReader config, TextWidths widths) {
    return windows.of(config, widths.layers());
  }

  /** Returns what transformers wants of the number of heads; of Qwen2 only vLLM wants more. */
  HeadRule headRuleOfTransformers() {
    return equals(QWEN2) ? HeadRule.FREE : headRule;
  }

  /** A layer. */
  DecoderBlock block(ConfigReader config, TextWidths widths) {
    boolean attention =
        (biases == Biases.ATTENTION || biases == Biases.ALL)
            && config.flag("attention_bias", false);
    boolean read =
        switch (biases) {
          case READ -> true;
          case READ_UNLESS_SAID -> config.flag("qkv_bias", true);
          default -> attention;
        };
    boolean neurons = biases == Biases.ALL && config.flag("mlp_bias", false);
    FeedForward feedForward =
        experts
            .map(some -> some.of(config, widths.layers()))
            .orElse(new FeedForward.Dense(LlamaBlock.neurons(neurons)));
    return new LlamaBlock(read, attention, headNorms, feedForward);
  }
}
