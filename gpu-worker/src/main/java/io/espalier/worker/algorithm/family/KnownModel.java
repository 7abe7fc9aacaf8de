package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.DType;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.TensorHeader;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A model directory that was looked at as far as headers go: its family is known, every tensor has
 * the shape that its architecture asks for and a type that can be computed with.
 *
 * @param directory its files
 * @param family its family
 * @param architecture what it is made of
 * @param input the images that it takes
 */
public record KnownModel(
    ModelDirectory directory, Family family, Architecture architecture, InputSpec input) {
  private static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.F16, DType.BF16, DType.F64);

  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws InvalidInputException with every problem
   */
  public static KnownModel of(ModelDirectory directory) {
    return of(directory, directory.config());
  }

  /**
   * Looks at a directory as if its config.json were another one. What this leaves open of the
   * images is as preprocessor_config.json says, if there is one.
   */
  public static KnownModel of(ModelDirectory directory, JsonNode given) {
    var problems = new ArrayList<String>();
    JsonNode config =
        directory
            .preprocessor()
            .flatMap(said -> Attempt.of(() -> ImageProcessor.complete(given, said), problems))
            .orElse(given);
    Family family = Families.of(config);
    Optional<InputSpec> input = Attempt.of(() -> family.input(config), problems);
    Optional<Architecture> architecture =
        Attempt.of(() -> family.architecture(config, directory.shapes()), problems);
    architecture.ifPresent(
        found ->
            Attempt.of(
                () -> {
                  directory.requireShapes(found.shapes());
                  return found;
                },
                problems));
    architecture.ifPresent(found -> problems.addAll(types(directory, found)));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new KnownModel(directory, family, architecture.orElseThrow(), input.orElseThrow());
  }

  /** Integers are for counters only: a network of them would have to be dequantized first. */
  private static List<String> types(ModelDirectory directory, Architecture architecture) {
    Map<String, TensorHeader> tensors = directory.tensors();
    var problems = new ArrayList<String>();
    for (TensorSpec wanted : architecture.tensors()) {
      TensorHeader found = tensors.get(wanted.name());
      boolean counter = wanted.role() == TensorSpec.Role.BUFFER;
      if (found != null
          && !FLOATS.contains(found.dtype())
          && !(counter && found.dtype() == DType.I64)) {
        problems.add(
            "%s: tensor '%s': wanted one of %s, found %s; store it as floating point"
                .formatted(directory.path(), wanted.name(), FLOATS, found.dtype()));
      }
    }
    return problems;
  }
}
