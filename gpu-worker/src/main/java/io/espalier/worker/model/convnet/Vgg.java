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
import java.util.regex.Pattern;

/**
 * VGG networks with BatchNorm, of timm.
 *
 * <p>Source: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
 * Recognition, arXiv 1409.1556.
 */
public final class Vgg implements VisionFamily {
  /** Wider than what is known here, so that the others are refused with a reason. */
  private static final Pattern NAMES = Pattern.compile("vgg\\d+.*");

  @Override
  public String name() {
    return VggArchitecture.FAMILY;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return NAMES.matcher(TimmConfig.architectureOf(config)).matches();
  }

  @Override
  public InputSpec input(JsonNode config) {
    VggArchitecture.variant(TimmConfig.architectureOf(config));
    return InputSpec.of(config, InputSpec.IMAGENET);
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTimm(config);
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    return VggArchitecture.of(config, shapes);
  }

  @Override
  public List<Section> sections(Weights weights) {
    return VggNetwork.sections(VggArchitecture.variant(weights.architecture().name()), weights);
  }
}
