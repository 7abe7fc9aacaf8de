package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.convnet.Densenet;
import io.espalier.worker.model.convnet.MobileFamily;
import io.espalier.worker.model.convnet.Resnet;
import io.espalier.worker.model.convnet.Vgg;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.model.transformer.DecoderFamily;
import io.espalier.worker.model.transformer.EncoderFamily;
import io.espalier.worker.model.transformer.Gemma;
import io.espalier.worker.model.transformer.Llama;
import io.espalier.worker.model.transformer.image.Vit;
import java.util.List;

/** Every family that is known. */
public final class Families {
  private static final List<Family> KNOWN =
      List.of(
          new Resnet(),
          new Densenet(),
          new Vgg(),
          MobileFamily.MOBILENET,
          MobileFamily.EFFICIENTNET,
          EncoderFamily.BERT,
          EncoderFamily.ROBERTA,
          EncoderFamily.DISTILBERT,
          DecoderFamily.GPT2,
          DecoderFamily.GPTJ,
          new Llama(),
          new Gemma(),
          new Vit());

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

  /**
   * The family of a model that tells images apart.
   *
   * @param config its config.json
   * @throws InvalidInputException if it is none, or no family accepts it
   */
  public static VisionFamily vision(JsonNode config) {
    Family family = of(config);
    if (family instanceof VisionFamily vision) {
      return vision.of(config);
    }
    throw new InvalidInputException(
        "config.json: a model of family %s reads text, but one for images was wanted"
            .formatted(family.name()));
  }

  /**
   * The family of a model that reads text.
   *
   * @param config its config.json
   * @throws InvalidInputException if it is none, or no family accepts it
   */
  public static TextFamily text(JsonNode config) {
    Family family = of(config);
    if (family instanceof TextFamily text) {
      return text;
    }
    throw new InvalidInputException(
        "config.json: a model of family %s tells images apart, but one that reads text was wanted"
            .formatted(family.name()));
  }

  private static String unknown(JsonNode config) {
    String found =
        config.hasNonNull("architecture")
            ? "architecture " + config.get("architecture")
            : config.hasNonNull("model_type")
                ? "model_type " + config.get("model_type")
                : "a model without 'architecture' or 'model_type'";
    List<String> known = KNOWN.stream().map(Family::name).toList();
    String remote =
        config.path("auto_map").isEmpty()
            ? ""
            : "; auto_map names code that comes with the model, which is never run";
    return "config.json: %s belongs to no known family; known families: %s%s"
        .formatted(found, String.join(", ", known), remote);
  }
}
