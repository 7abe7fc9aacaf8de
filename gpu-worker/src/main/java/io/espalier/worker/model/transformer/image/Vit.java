package io.espalier.worker.model.transformer.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TimmConfig;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * ViT and DeiT, of transformers and timm.
 *
 * @param spec what the network at hand is built like; empty as long as there is none
 */
public record Vit(Optional<ImageTransformerSpec> spec) implements VisionFamily {
  private static final String NAME = "vit";

  /** The family without a network. */
  public Vit() {
    this(Optional.empty());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return ImageTransformerSpec.accepts(config);
  }

  @Override
  public boolean widthsFollowFromTensors() {
    return false;
  }

  @Override
  public InputSpec input(JsonNode config) {
    return ImageTransformerSpec.of(config).input();
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    if (TimmConfig.architectureOf(config).isEmpty()) {
      return Loaders.withTransformers(config, TextKeys.BERT);
    }
    return TimmWidths.opensInTimm(config)
        ? List.of("espalier", "safetensors", "timm")
        : Loaders.ANY;
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    return new ImageTransformer(ImageTransformerSpec.of(config)).architecture(NAME, shapes);
  }

  /** Epsilon, activation and the size of a head do not follow from the tensors. */
  @Override
  public VisionFamily of(JsonNode config) {
    return new Vit(Optional.of(ImageTransformerSpec.of(config)));
  }

  @Override
  public List<Section> sections(Weights weights) {
    return sections(weights, ForwardHooks.NONE);
  }

  /**
   * The forward pass in pieces, whose heads and neurons can be watched and masked.
   *
   * @param hooks places to watch
   */
  public List<Section> sections(Weights weights, ForwardHooks hooks) {
    return new ImageTransformer(spec.orElseThrow()).sections(weights, hooks);
  }

  @Override
  public Optional<ImageNetwork> maskable() {
    return spec.map(ImageTransformer::new);
  }
}
