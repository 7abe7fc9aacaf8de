package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/**
 * Densely connected networks as timm has them: every layer of a block reads what all layers before
 * it wrote.
 *
 * <p>Source: Huang et al., Densely Connected Convolutional Networks, arXiv 1608.06993.
 */
public final class Densenet implements VisionFamily {
  @Override
  public String name() {
    return DensenetArchitecture.FAMILY;
  }

  @Override
  public boolean accepts(JsonNode config) {
    return DensenetArchitecture.accepts(config);
  }

  @Override
  public InputSpec input(JsonNode config) {
    return InputSpec.of(config, InputSpec.IMAGENET);
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTimm(config);
  }

  @Override
  public Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    return DensenetArchitecture.of(config, shapes);
  }

  @Override
  public List<Section> sections(Weights weights) {
    return DenseNetwork.sections(weights);
  }
}
