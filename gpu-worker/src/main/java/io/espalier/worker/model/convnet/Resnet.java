package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.TimmConfig;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/**
 * Residual networks: those of torchvision, timm and transformers, and those for 32 × 32 images.
 *
 * <p>Source: He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385.
 */
public final class Resnet implements VisionFamily {
  @Override
  public String name() {
    return ResnetArchitecture.FAMILY;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return ResnetArchitecture.accepts(config);
  }

  @Override
  public InputSpec input(JsonNode config) {
    return HuggingFaceResnet.accepts(config)
        ? HuggingFaceResnet.of(config).input()
        : InputSpec.of(config, ResnetPlan.variant(TimmConfig.architectureOf(config)).usualInput());
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    boolean timm =
        ResnetVariant.of(TimmConfig.architectureOf(config))
            .filter(variant -> !variant.cifar())
            .isPresent();
    return timm ? Loaders.withTimm(config) : Loaders.ANY;
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    return ResnetArchitecture.of(config, shapes);
  }

  @Override
  public List<Section> sections(Weights weights) {
    return ResidualNetwork.sections(weights);
  }
}
