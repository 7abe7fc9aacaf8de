package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.rope.Rotation;
import io.espalier.worker.model.transformer.rope.Rotations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Gemma 2 and the text part of Gemma 3, of transformers. */
public final class Gemma implements TextFamily {
  private static final String NAME = "gemma";

  /** The whole of Gemma 3, of which only the text part is known. */
  private static final String WITH_IMAGES = "gemma3";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(JsonNode config) {
    boolean whole =
        !config.hasNonNull("architecture")
            && config.path("model_type").asText().equals(WITH_IMAGES);
    return whole || GemmaVariant.of(config).isPresent();
  }

  @Override
  public List<String> tasks() {
    return GemmaVariant.KNOWN.stream()
        .flatMap(variant -> TextHead.tasks(variant.models()).stream())
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    int hidden = config.path(TextKeys.GEMMA.hidden()).asInt();
    int heads = Math.max(1, config.path(TextKeys.GEMMA.heads()).asInt(1));
    return HeadRule.DIVISOR.holds(hidden, heads, 0)
        ? Loaders.withTransformers(config, TextKeys.GEMMA)
        : Loaders.ANY;
  }

  @Override
  public TextNetwork network(JsonNode json) {
    GemmaVariant variant =
        GemmaVariant.of(json)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "config.json: model_type %s reads images, too, and only its text part, gemma3_text, is computed; give that as a model of its own"
                            .formatted(WITH_IMAGES)));
    TransformerSpec plan = variant.reader().read(json);
    var config = new ConfigReader(json, new ArrayList<>());
    int layers = plan.widths().layers();
    Rotations rotations = variant.rotations(config, plan.widths());
    Rotation far = rotations.far().orElseThrow();
    var traits =
        new DecoderTraits(
            true,
            variant.wordCap(config),
            rotations.near(),
            Optional.of(variant.layerTypes(config, layers)));
    var design =
        new DecoderDesign(
            NAME,
            TextKeys.GEMMA,
            DecoderNames.LLAMA,
            variant.block(config),
            HeadRule.DIVISOR,
            traits);
    return new DecoderNetwork(
        design,
        plan.reading(far.scaling().positions(plan.input().positions())),
        Optional.of(far),
        variant.windows(config, layers));
  }
}
