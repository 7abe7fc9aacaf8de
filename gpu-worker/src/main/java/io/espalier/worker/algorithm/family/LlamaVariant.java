package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A kind of model of the family of Llama: its defaults, and in what its layers differ.
 *
 * <p>Source: transformers 4.57.6, {@code models/llama}, {@code mistral}, {@code qwen2}, {@code
 * qwen3}.
 *
 * @param type its {@code model_type}
 * @param stem what its classes' names begin with
 * @param usual what its configs mean where they are silent
 * @param windows how its configs say where tokens see only those near them
 * @param biases which of its layers have biases
 * @param headNorms whether queries and keys are normalised
 */
record LlamaVariant(
    String type,
    String stem,
    TextDefaults usual,
    WindowRule windows,
    Biases biases,
    boolean headNorms) {
  /** Which linear layers have biases. */
  enum Biases {
    /** None. */
    NONE,
    /** Those of queries, keys and values. */
    READ,
    /** Those of attention, if the config says so. */
    ATTENTION,
    /** Those of attention and those of the feed-forward part, if the config says so of each. */
    ALL
  }

  /** Llama 1 to 3. */
  private static final LlamaVariant LLAMA =
      new LlamaVariant("llama", "Llama", TextDefaults.LLAMA, WindowRule.NOWHERE, Biases.ALL, false);

  /** Mistral, in whose first versions tokens see only near ones. */
  private static final LlamaVariant MISTRAL =
      new LlamaVariant(
          "mistral", "Mistral", TextDefaults.MISTRAL, WindowRule.EVERYWHERE, Biases.NONE, false);

  /** Qwen2 and 2.5, with biases of queries, keys and values. */
  private static final LlamaVariant QWEN2 =
      new LlamaVariant(
          "qwen2", "Qwen2", TextDefaults.QWEN2, WindowRule.BY_LAYER, Biases.READ, false);

  /** Qwen3, which normalises queries and keys. */
  private static final LlamaVariant QWEN3 =
      new LlamaVariant(
          "qwen3", "Qwen3", TextDefaults.QWEN3, WindowRule.BY_LAYER, Biases.ATTENTION, true);

  /** Every kind that is known. */
  static final List<LlamaVariant> KNOWN = List.of(LLAMA, MISTRAL, QWEN2, QWEN3);

  private static final double BASE = 10_000;

  /** The kind of a model, if it is of the family. */
  static Optional<LlamaVariant> of(JsonNode config) {
    String found = config.path("model_type").asText();
    return config.hasNonNull("architecture")
        ? Optional.empty()
        : KNOWN.stream().filter(variant -> variant.type.equals(found)).findFirst();
  }

  /** How configs of the kind are read. */
  TextPlan.Reader reader() {
    return new TextPlan.Reader(
        TextKeys.LLAMA,
        usual,
        DecoderHeads.of(stem, "ForCausalLM", Optional.empty()),
        DecoderNames.LLAMA.words(),
        this::refuse,
        false);
  }

  private void refuse(TransformerConfig config, TextWidths widths) {
    rotation(config, widths);
    windows(config, widths);
    block(config);
  }

  /** What queries and keys are turned by. */
  Rotation rotation(TransformerConfig config, TextWidths widths) {
    int positions = config.count(TextKeys.LLAMA.positions(), usual.positions());
    return RotaryConfig.of(config, BASE).rotation(widths.headSize(), positions);
  }

  /** Where tokens see only those near them. */
  Windows windows(TransformerConfig config, TextWidths widths) {
    return windows.of(config, widths.layers());
  }

  /** A layer. */
  DecoderBlock block(TransformerConfig config) {
    boolean attention =
        (biases == Biases.ATTENTION || biases == Biases.ALL)
            && config.flag("attention_bias", false);
    boolean neurons = biases == Biases.ALL && config.flag("mlp_bias", false);
    return new LlamaBlock(attention || biases == Biases.READ, attention, neurons, headNorms);
  }

  /** Whether transformers 5 takes the hidden size only as a multiple of the number of heads. */
  boolean sharesTheStream() {
    return equals(LLAMA);
  }
}
