package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * EfficientNet B0 to B8 of timm.
 *
 * <p>Source: Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks,
 * arXiv 1905.11946.
 */
public final class EfficientNet implements Family {
  private static final String NAME = "efficientnet";

  /** Wider than what is known here, so that the others are refused with a reason. */
  private static final Pattern NAMES = Pattern.compile("(tf_)?efficientnet_.*");

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return NAMES.matcher(TimmConfig.architectureOf(config)).matches();
  }

  @Override
  public InputSpec input(JsonNode config) {
    variant(TimmConfig.architectureOf(config));
    return InputSpec.of(config, InputSpec.IMAGENET);
  }

  @Override
  public List<String> tasks() {
    return List.of("image-classification");
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTimm(config);
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    MobileVariant variant = variant(TimmConfig.architectureOf(config));
    return MobileArchitecture.of(NAME, variant, config, shapes);
  }

  @Override
  public List<Section> sections(Weights weights) {
    return MobileNetwork.sections(variant(weights.architecture().name()), weights);
  }

  private static MobileVariant variant(String name) {
    return MobileVariant.efficientNet(name)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "config.json: architecture '%s' is not an EfficientNet known here; known: %s"
                        .formatted(name, MobileVariant.KNOWN_EFFICIENTNETS)));
  }
}
