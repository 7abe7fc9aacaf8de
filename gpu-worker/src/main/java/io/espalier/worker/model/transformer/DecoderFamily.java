package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.transformer.rope.RotaryScaling;
import io.espalier.worker.model.transformer.rope.Rotation;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * GPT-2 and GPT-J, of transformers.
 *
 * <p>Source: transformers 4.57.6, {@code models/gpt2} and {@code models/gptj}.
 *
 * @param design what its models have in common; the name of the family is its {@code model_type}
 * @param reader how its configs are read
 * @param rotation what queries and keys are turned by, by a config that was read without a problem;
 *     empty if there is a table of positions instead
 */
public record DecoderFamily(
    DecoderDesign design,
    TransformerSpec.Reader reader,
    Function<JsonNode, Optional<Rotation>> rotation)
    implements TextFamily {
  private static final String TURNED = "rotary_dim";
  private static final int USUALLY_TURNED = 64;
  private static final double BASE = 10_000;

  /** GPT-2. */
  public static final DecoderFamily GPT2 =
      new DecoderFamily(
          new DecoderDesign(
              "gpt2", TextKeys.GPT, DecoderNames.GPT2, new Gpt2Block(), HeadRule.SHARE_UNSAID),
          new TransformerSpec.Reader(
              TextKeys.GPT,
              TextDefaults.GPT2,
              DecoderHeads.of("GPT2", "LMHeadModel", Optional.empty()),
              DecoderNames.GPT2.words(),
              DecoderFamily::refuseScaling,
              false),
          config -> Optional.empty());

  /** GPT-J. */
  public static final DecoderFamily GPTJ =
      new DecoderFamily(
          new DecoderDesign(
              "gptj", TextKeys.GPT, DecoderNames.GPTJ, new GptjBlock(), HeadRule.SHARE_UNSAID),
          new TransformerSpec.Reader(
              TextKeys.GPT,
              TextDefaults.GPTJ,
              DecoderHeads.of("GPTJ", "ForCausalLM", Optional.of("lm_head.bias")),
              DecoderNames.GPTJ.words(),
              DecoderFamily::requireTurned,
              false),
          config ->
              Optional.of(
                  new Rotation(
                      config.path(TURNED).asInt(USUALLY_TURNED),
                      false,
                      new RotaryScaling.Unscaled(BASE))));

  private static void refuseScaling(ConfigReader config, TextWidths widths) {
    config.requireOnly("scale_attn_weights", true);
    config.requireOnly("scale_attn_by_inverse_layer_idx", false);
    config.requireOnly("add_cross_attention", false);
  }

  /** The library turns whole heads if this is null, but by angles that fit only a single one. */
  private static void requireTurned(ConfigReader config, TextWidths widths) {
    int turned = config.count(TURNED, USUALLY_TURNED);
    boolean fits = widths.headSize() == 0 || turned <= widths.headSize();
    if (config.json().path(TURNED).isNull() || turned % 2 != 0 || !fits) {
      config.problem(
          "%s must be even and at most the size of a head %d, found %s",
          TURNED, widths.headSize(), config.silent(TURNED) ? "none" : turned);
    }
  }

  @Override
  public String name() {
    return design.family();
  }

  @Override
  public boolean accepts(JsonNode config) {
    return !config.hasNonNull("architecture") && config.path("model_type").asText().equals(name());
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
    TransformerSpec plan = reader.read(config);
    return new DecoderNetwork(design, plan, rotation.apply(config), Windows.NONE);
  }
}
