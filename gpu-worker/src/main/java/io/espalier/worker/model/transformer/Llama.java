package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.transformer.rope.Rotation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Llama and its kin, of transformers: Llama, Mistral, Mixtral, Qwen2 and 3 with experts or not. */
public final class Llama implements TextFamily {
  static final String NAME = "llama";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return LlamaVariant.of(config).isPresent();
  }

  @Override
  public List<String> tasks() {
    return LlamaVariant.KNOWN.stream()
        .flatMap(variant -> TextHead.tasks(variant.reader().models()).stream())
        .distinct()
        .sorted()
        .toList();
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    LlamaVariant variant = variant(config);
    int hidden = config.path(TextKeys.LLAMA.hidden()).asInt();
    int heads = Math.max(1, config.path(TextKeys.LLAMA.heads()).asInt(1));
    int headSize = config.path(TextWidths.HEAD_SIZE).asInt(hidden / heads);
    boolean opens =
        variant.headRuleOfTransformers().holds(hidden, heads, headSize)
            && variant.experts().stream()
                .flatMap(experts -> experts.keys(config).widths())
                .noneMatch(key -> config.path(key).isArray());
    return opens ? Loaders.withTransformers(config, TextKeys.LLAMA) : Loaders.ANY;
  }

  @Override
  public TextNetwork network(JsonNode json) {
    LlamaVariant variant = variant(json);
    TransformerSpec plan = variant.reader().read(json);
    var config = new ConfigReader(json, new ArrayList<>());
    Rotation rotation = variant.rotation(config, plan.widths());
    var design =
        new DecoderDesign(
            NAME,
            TextKeys.LLAMA,
            DecoderNames.LLAMA,
            variant.block(config, plan.widths()),
            variant.headRule());
    return new DecoderNetwork(
        design,
        plan.reading(rotation.scaling().positions(plan.input().positions())),
        Optional.of(rotation),
        variant.windows(config, plan.widths()));
  }

  private static LlamaVariant variant(JsonNode config) {
    return LlamaVariant.of(config).orElseThrow();
  }
}
