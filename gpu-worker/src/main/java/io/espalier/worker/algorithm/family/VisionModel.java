package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
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

  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws InvalidInputException with every problem
   */
  public static VisionModel of(ModelDirectory directory) {
    return of(directory, directory.config());
  }

  /**
   * Looks at a directory as if its config.json were another one. What this leaves open of the
   * images is as preprocessor_config.json says, if there is one.
   */
  public static VisionModel of(ModelDirectory directory, JsonNode given) {
    var problems = new ArrayList<String>();
    JsonNode config =
        directory
            .preprocessor()
            .flatMap(said -> Attempt.of(() -> ImageProcessor.complete(given, said), problems))
            .orElse(given);
    VisionFamily family = Families.vision(config);
    Optional<InputSpec> input = Attempt.of(() -> family.input(config), problems);
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
