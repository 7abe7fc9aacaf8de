package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.transformer.rope.RotaryConfig;
import io.espalier.worker.model.transformer.rope.Rotations;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A kind of model of the family of Gemma: its defaults, and in what its layers differ.
 *
 * <p>Source: transformers 4.57.6 and 5.24.0, {@code models/gemma2} and {@code models/gemma3}.
 *
 * @param type its {@code model_type}
 * @param models what stands on the transformer, by transformers' class
 * @param usual what its configs mean where they are silent
 * @param headNorms whether queries and keys are normalised
 * @param pattern every so many-th layer sees everything, where the config lists no types
 * @param base what angles of positions are powers of where its configs are silent
 * @param nearBase the same in layers that see only near tokens; empty if they turn as the others
 * @param caps what scores are kept within where its configs are silent
 */
record GemmaVariant(
    String type,
    Map<String, TextHead> models,
    TextDefaults usual,
    boolean headNorms,
    int pattern,
    double base,
    OptionalDouble nearBase,
    Caps caps) {
  private static final String TYPES = "layer_types";
  private static final String WINDOW = "sliding_window";
  private static final String PATTERN = "sliding_window_pattern";
  private static final String NEAR_BASE = "rope_local_base_freq";
  private static final String SCALING = "rope_scaling";
  private static final String PARAMETERS = "rope_parameters";
  private static final String NEAR = "sliding_attention";
  private static final String FULL = "full_attention";
  private static final int USUAL_WINDOW = 4096;
  private static final int USUAL_SCALAR = 256;

  /**
   * Caps of scores, applied by a hyperbolic tangent.
   *
   * @param attention those of attention, before softmax
   * @param words those of tokens
   */
  record Caps(OptionalDouble attention, OptionalDouble words) {
    private static final Caps NONE = new Caps(OptionalDouble.empty(), OptionalDouble.empty());
  }

  /** Gemma 2, whose scores are capped. */
  private static final GemmaVariant GEMMA2 =
      new GemmaVariant(
          "gemma2",
          DecoderHeads.of("Gemma2", "ForCausalLM", Optional.empty()),
          TextDefaults.GEMMA2,
          false,
          2,
          10_000,
          OptionalDouble.empty(),
          new Caps(OptionalDouble.of(50), OptionalDouble.of(30)));

  /** The text part of Gemma 3, which normalises queries and keys instead. */
  private static final GemmaVariant GEMMA3 =
      new GemmaVariant(
          "gemma3_text",
          gemma3Heads(),
          TextDefaults.GEMMA3,
          true,
          6,
          1e6,
          OptionalDouble.of(10_000),
          Caps.NONE);

  /** Every kind that is known. */
  static final List<GemmaVariant> KNOWN = List.of(GEMMA2, GEMMA3);

  /** The class that continues text is named after the whole model, the others after its text. */
  private static Map<String, TextHead> gemma3Heads() {
    Map<String, TextHead> whole = DecoderHeads.of("Gemma3", "ForCausalLM", Optional.empty());
    Map<String, TextHead> text = DecoderHeads.of("Gemma3Text", "ForCausalLM", Optional.empty());
    return Map.of(
        "Gemma3ForCausalLM", whole.getOrDefault("Gemma3ForCausalLM", TextHead.mean()),
        "Gemma3TextForSequenceClassification",
            text.getOrDefault("Gemma3TextForSequenceClassification", TextHead.mean()),
        "Gemma3TextModel", TextHead.mean());
  }

  /** The kind of a model, if it is of the family. */
  static Optional<GemmaVariant> of(JsonNode config) {
    String found = config.path("model_type").asText();
    return config.hasNonNull("architecture")
        ? Optional.empty()
        : KNOWN.stream().filter(variant -> variant.type.equals(found)).findFirst();
  }

  /** Returns how configs of the kind are read. */
  TransformerSpec.Reader reader() {
    return new TransformerSpec.Reader(
        TextKeys.GEMMA, usual, models, DecoderNames.LLAMA.words(), this::refuse, false);
  }

  private void refuse(ConfigReader config, TextWidths widths) {
    config.requireOnly("use_bidirectional_attention", false);
    if (config.json().path(WINDOW).isNull()) {
      config.problem("%s must be a number of tokens, found null", WINDOW);
    }
    rotations(config, widths);
    windows(config, widths.layers());
    block(config);
    wordCap(config);
  }

  /** Returns what queries and keys are turned by. */
  Rotations rotations(ConfigReader config, TextWidths widths) {
    int positions = config.count(TextKeys.GEMMA.positions(), usual.positions());
    int size = widths.headSize();
    if (nearBase.isEmpty()) {
      return Rotations.of(new RotaryConfig(config, base, false).rotation(size, positions));
    }
    requireOfTypes(config);
    var far = new RotaryConfig(ofType(config, FULL, "rope_theta", SCALING), base, false);
    var near = new RotaryConfig(ofType(config, NEAR, NEAR_BASE, ""), nearBase.getAsDouble(), false);
    return new Rotations(
        Optional.of(far.rotation(size, positions)), Optional.of(near.rotation(size, positions)));
  }

  private static void requireOfTypes(ConfigReader config) {
    JsonNode parameters = config.json().path(PARAMETERS);
    if (parameters.has("rope_type") || parameters.has("rope_theta")) {
      config.problem(
          "%s must have one part for '%s' and one for '%s', found %s",
          PARAMETERS, FULL, NEAR, parameters);
    }
    if (!parameters.isEmpty() && !config.json().path(SCALING).isEmpty()) {
      config.problem(
          "%s and %s exclude each other, since transformers 4 reads the first and 5 both",
          SCALING, PARAMETERS);
    }
  }

  /** Returns what is said of layers of one type, as if there were no others. */
  private static ConfigReader ofType(
      ConfigReader config, String type, String baseKey, String scalingKey) {
    ObjectNode own = ((ObjectNode) config.json()).objectNode();
    JsonNode all = config.json();
    put(own, "rope_theta", all.path(baseKey));
    put(own, SCALING, all.path(scalingKey));
    put(own, PARAMETERS, all.path(PARAMETERS).path(type));
    return new ConfigReader(own, type + ": ", config.problems(), config.warnings());
  }

  private static void put(ObjectNode own, String key, JsonNode value) {
    if (!value.isMissingNode()) {
      own.set(key, value);
    }
  }

  /** Returns where tokens see only those near them. */
  Windows windows(ConfigReader config, int layers) {
    List<String> types = layerTypes(config, layers);
    int size = config.count(WINDOW, USUAL_WINDOW);
    return new Windows(
        size,
        IntStream.range(0, Math.min(layers, types.size()))
            .filter(layer -> types.get(layer).equals(NEAR))
            .boxed()
            .collect(Collectors.toSet()));
  }

  /** The type of each layer: what the config lists, or what its pattern means. */
  List<String> layerTypes(ConfigReader config, int layers) {
    JsonNode listed = config.json().path(TYPES);
    if (config.silent(TYPES)) {
      int every = nearBase.isPresent() ? config.count(PATTERN, pattern) : pattern;
      return IntStream.rangeClosed(1, layers)
          .mapToObj(layer -> layer % every == 0 ? FULL : NEAR)
          .toList();
    }
    List<String> types =
        IntStream.range(0, listed.size()).mapToObj(layer -> listed.path(layer).asText()).toList();
    if (types.size() != layers || !List.of(FULL, NEAR).containsAll(types)) {
      config.problem(
          "%s must be '%s' or '%s' for each of %d layers, found %s",
          TYPES, FULL, NEAR, layers, listed);
    }
    return types;
  }

  /** Returns what scores of tokens are kept within, if they are. */
  OptionalDouble wordCap(ConfigReader config) {
    return cap(config, "final_logit_softcapping", caps.words());
  }

  private static OptionalDouble cap(ConfigReader config, String key, OptionalDouble usual) {
    if (!config.json().has(key)) {
      return usual;
    }
    return config.silent(key)
        ? OptionalDouble.empty()
        : OptionalDouble.of(config.number(key, Double.MIN_NORMAL, 1));
  }

  /** A layer. */
  GemmaBlock block(ConfigReader config) {
    double scalar = config.number("query_pre_attn_scalar", Double.MIN_NORMAL, USUAL_SCALAR);
    return new GemmaBlock(
        config.flag("attention_bias", false),
        headNorms,
        1 / Math.sqrt(scalar),
        cap(config, "attn_logit_softcapping", caps.attention()));
  }
}
