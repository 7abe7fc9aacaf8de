package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import java.util.List;

/** Every family that is known. */
public final class Families {
  private static final List<Family> KNOWN =
      List.of(
          new Resnet(),
          new Densenet(),
          new Vgg(),
          MobileFamily.MOBILENET,
          MobileFamily.EFFICIENTNET);

  private Families() {}

  /**
   * The family of a model.
   *
   * @param config its config.json
   * @throws InvalidInputException if no family accepts it; names the known ones
   */
  public static Family of(JsonNode config) {
    return KNOWN.stream()
        .filter(family -> family.accepts(config))
        .findFirst()
        .orElseThrow(() -> new InvalidInputException(unknown(config)));
  }

  private static String unknown(JsonNode config) {
    String found =
        config.hasNonNull("architecture")
            ? "architecture " + config.get("architecture")
            : config.hasNonNull("model_type")
                ? "model_type " + config.get("model_type")
                : "a model without 'architecture' or 'model_type'";
    List<String> known = KNOWN.stream().map(Family::name).toList();
    return "config.json: %s belongs to no known family; known families: %s"
        .formatted(found, String.join(", ", known));
  }
}
