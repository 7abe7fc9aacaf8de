package io.espalier.worker.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.data.ClassNames;
import io.espalier.worker.data.FolderOrder;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.Attempt;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Choice of the model's file that says how images are prepared and classes are named.
 *
 * <p>Where a model comes from decides: transformers reads preprocessor_config.json, turns images as
 * EXIF says, and orders directories of classes by code points; timm reads config.json, turns
 * nothing, and orders naturally. A network of neither is prepared as whichever of the files says.
 */
public final class ImagePlan {
  /** Origin of a model. */
  private enum Origin {
    TRANSFORMERS,
    TIMM,
    NEITHER
  }

  private final JsonNode config;
  private final Origin origin;
  private final boolean bothSpeak;
  private final Optional<ImageProcessor> processor;

  private ImagePlan(
      JsonNode config, Origin origin, boolean bothSpeak, Optional<ImageProcessor> processor) {
    this.config = config;
    this.origin = origin;
    this.bothSpeak = bothSpeak;
    this.processor = processor;
  }

  /**
   * Reads what the files say.
   *
   * @param preprocessor preprocessor_config.json, if there is one
   * @throws InvalidInputException if it counts and makes no sense
   */
  public static ImagePlan of(JsonNode config, Optional<? extends JsonNode> preprocessor) {
    Origin origin = origin(config);
    boolean timmSpeaks =
        switch (origin) {
          case TRANSFORMERS -> false;
          case TIMM -> TimmTransform.isIn(config);
          case NEITHER -> TimmTransform.isStatedIn(config);
        };
    return new ImagePlan(
        config,
        origin,
        timmSpeaks && preprocessor.isPresent(),
        timmSpeaks ? Optional.empty() : preprocessor.map(ImageProcessor::of));
  }

  private static Origin origin(JsonNode config) {
    String architecture = TimmConfig.architectureOf(config);
    if (architecture.isEmpty()) {
      return config.hasNonNull("model_type") ? Origin.TRANSFORMERS : Origin.NEITHER;
    }
    return architecture.startsWith("cifar_") ? Origin.NEITHER : Origin.TIMM;
  }

  /**
   * The config with what the other file says of the images' size and normalisation: all of it for a
   * model of transformers, which looks for it nowhere else; else what the config leaves open.
   */
  public JsonNode config() {
    if (processor.isEmpty()) {
      return config;
    }
    ObjectNode open = config.deepCopy();
    if (origin == Origin.TRANSFORMERS) {
      open.remove(List.of("input_size", "mean", "std", "pretrained_cfg"));
    }
    return processor.get().complete(open);
  }

  /**
   * The images of a model, with everything that is said of them.
   *
   * @throws InvalidInputException if the config makes no sense; names every problem
   */
  public InputSpec complete(InputSpec input) {
    var problems = new ArrayList<String>();
    Optional<Preparation> preparation = Attempt.of(() -> preparation(input), problems);
    Optional<ClassNames> names =
        Attempt.of(() -> ConfigClassNames.of(config, order(), input.classes()), problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return input.with(preparation.orElseThrow(), names.orElseThrow());
  }

  private Preparation preparation(InputSpec input) {
    if (processor.isPresent()) {
      if (!processor.get().size().equals(input.imageSize())) {
        throw new InvalidInputException(
            "config.json: input_size is for images of %s, but %s makes them %s"
                .formatted(input.imageSize(), ImageProcessor.FILE, processor.get().size()));
      }
      return new Preparation(
          processor.get().steps(),
          origin == Origin.TRANSFORMERS,
          processor.get().reversed(),
          ImageProcessor.FILE,
          true);
    }
    if (origin == Origin.TIMM || TimmTransform.isStatedIn(config)) {
      String source =
          bothSpeak ? "config.json; %s is not used".formatted(ImageProcessor.FILE) : "config.json";
      return TimmTransform.of(config, input).preparation(source);
    }
    Preparation usual = Preparation.usual(input.imageSize());
    return new Preparation(
        usual.steps(), origin == Origin.TRANSFORMERS, false, usual.source(), false);
  }

  private FolderOrder order() {
    return origin == Origin.TIMM ? FolderOrder.NATURAL : FolderOrder.CODE_POINTS;
  }
}
