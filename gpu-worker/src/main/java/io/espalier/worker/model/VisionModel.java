package io.espalier.worker.model;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.Attempt;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.model.image.ImagePlan;
import java.util.ArrayList;
import java.util.Optional;

/**
 * A model that tells images apart, as far as headers go.
 *
 * @param directory its files
 * @param family its family
 * @param architecture what it is made of
 * @param input the images that it takes
 */
public record VisionModel(
    ModelDirectory directory, VisionFamily family, Architecture architecture, InputSpec input)
    implements KnownModel {
  @Override
  public Optional<MaskableModel> maskable() {
    return family.maskable().map(network -> new ImageTransformerModel(this, network));
  }

  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws InvalidInputException with every problem
   */
  public static VisionModel of(ModelDirectory directory) {
    return of(directory, directory.config());
  }

  /**
   * Looks at a directory as if its config.json were another one. Its images are as {@link
   * ImagePlan} finds.
   */
  public static VisionModel of(ModelDirectory directory, JsonNode given) {
    var problems = new ArrayList<String>();
    Optional<ImagePlan> images =
        Attempt.of(() -> ImagePlan.of(given, directory.preprocessor()), problems);
    JsonNode config = images.map(ImagePlan::config).orElse(given);
    VisionFamily family = Families.vision(config);
    Optional<InputSpec> plain = Attempt.of(() -> family.input(config), problems);
    Optional<InputSpec> input =
        images.flatMap(
            plan -> plain.flatMap(spec -> Attempt.of(() -> plan.complete(spec), problems)));
    Optional<Architecture> architecture =
        Attempt.of(() -> family.architecture(config, directory.shapes()), problems);
    architecture.ifPresent(
        found ->
            problems.addAll(
                TensorCheck.problems(directory, shapes -> family.architecture(config, shapes))));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new VisionModel(directory, family, architecture.orElseThrow(), input.orElseThrow());
  }
}
