package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.model.Architecture;
import java.util.Map;

/** A family of models that read text. */
public non-sealed interface TextFamily extends Family {
  /**
   * The network that a config.json describes.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with everything in it that makes no
   *     sense or is not understood
   */
  TextNetwork network(JsonNode config);

  /** At as many tokens as the model has positions for. */
  @Override
  default Architecture architecture(JsonNode config, Map<String, long[]> shapes) {
    TextNetwork network = network(config);
    return network.architecture(shapes, network.input().positions());
  }
}
