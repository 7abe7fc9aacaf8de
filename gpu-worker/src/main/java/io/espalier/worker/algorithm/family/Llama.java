package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Llama and its kin, of transformers: Llama, Mistral, Qwen2 and 3, Mixtral, Qwen3 with experts. */
final class Llama implements TextFamily {
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
    long hidden = config.path(TextKeys.LLAMA.hidden()).asLong();
    long heads = config.path(TextKeys.LLAMA.heads()).asLong(1);
    boolean refused = variant(config).sharesTheStream() && heads > 0 && hidden % heads != 0;
    boolean uneven =
        variant(config)
            .experts()
            .map(ExpertConfig::keys)
            .filter(
                keys ->
                    config.path(keys.experts()).isArray() || config.path(keys.neurons()).isArray())
            .isPresent();
    return refused || uneven ? Loaders.ANY : Loaders.withTransformers(config, TextKeys.LLAMA);
  }

  @Override
  public TextNetwork network(JsonNode json) {
    LlamaVariant variant = variant(json);
    TextPlan plan = variant.reader().read(json);
    var config = new TransformerConfig(json, new ArrayList<>());
    Rotation rotation = variant.rotation(config, plan.widths());
    var design =
        new DecoderDesign(
            NAME, TextKeys.LLAMA, DecoderNames.LLAMA, variant.block(config, plan.widths()));
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
