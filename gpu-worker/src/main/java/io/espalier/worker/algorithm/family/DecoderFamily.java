package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.family.TextHead.Output;
import io.espalier.worker.algorithm.family.TextHead.Reads;
import io.espalier.worker.domain.model.TextTask;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * GPT-2 and GPT-J, of transformers.
 *
 * <p>Source: transformers 4.57.6, {@code models/gpt2} and {@code models/gptj}.
 *
 * @param name its name, and its {@code model_type}
 * @param reader how its configs are read
 * @param block its layers
 * @param turned channels of each head that are turned by their position, by a config that was read
 *     without a problem; 0 if there is a table of positions instead
 */
record DecoderFamily(
    String name, TextPlan.Reader reader, DecoderBlock block, ToIntFunction<JsonNode> turned)
    implements TextFamily {
  private static final String TURNED = "rotary_dim";
  private static final int USUALLY_TURNED = 64;

  /** GPT-2. */
  static final DecoderFamily GPT2 =
      new DecoderFamily(
          "gpt2",
          new TextPlan.Reader(
              TextKeys.GPT,
              TextDefaults.GPT2,
              models("GPT2", "LMHeadModel", Optional.empty()),
              DecoderNetwork.WORDS,
              DecoderFamily::refuseScaling,
              false),
          new Gpt2Block(),
          config -> 0);

  /** GPT-J. */
  static final DecoderFamily GPTJ =
      new DecoderFamily(
          "gptj",
          new TextPlan.Reader(
              TextKeys.GPT,
              TextDefaults.GPTJ,
              models("GPTJ", "ForCausalLM", Optional.of("lm_head.bias")),
              DecoderNetwork.WORDS,
              DecoderFamily::requireTurned,
              false),
          new GptjBlock(),
          config -> config.path(TURNED).asInt(USUALLY_TURNED));

  private static Map<String, TextHead> models(String stem, String causal, Optional<String> bias) {
    var words = Optional.of(new Output("lm_head", bias));
    var labels = Optional.of(new Output("score", Optional.empty()));
    return Map.of(
        stem + causal,
        new TextHead(TextTask.TEXT_GENERATION, Reads.ALL, Optional.empty(), words),
        stem + "ForSequenceClassification",
        new TextHead(TextTask.TEXT_CLASSIFICATION, Reads.LAST, Optional.empty(), labels),
        stem + "Model",
        TextHead.mean());
  }

  private static void refuseScaling(TransformerConfig config, TextWidths widths) {
    config.requireOnly("scale_attn_weights", true);
    config.requireOnly("scale_attn_by_inverse_layer_idx", false);
    config.requireOnly("add_cross_attention", false);
  }

  /** The library turns whole heads if this is null, but by angles that fit only a single one. */
  private static void requireTurned(TransformerConfig config, TextWidths widths) {
    int turned = config.count(TURNED, USUALLY_TURNED);
    boolean fits = widths.headSize() == 0 || turned <= widths.headSize();
    if (config.json().path(TURNED).isNull() || turned % 2 != 0 || !fits) {
      config.problem(
          "%s must be even and at most the size of a head %d, found %s",
          TURNED, widths.headSize(), config.silent(TURNED) ? "none" : turned);
    }
  }

  @Override
  public boolean accepts(JsonNode config) {
    return !config.hasNonNull("architecture") && config.path("model_type").asText().equals(name);
  }

  @Override
  public List<String> tasks() {
    return TextHead.tasks(reader.models());
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTransformers(config, reader.keys());
  }

  @Override
  public TextNetwork network(JsonNode config) {
    return new DecoderNetwork(name, reader.read(config), block, turned.applyAsInt(config));
  }
}
