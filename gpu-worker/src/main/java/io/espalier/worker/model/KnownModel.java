package io.espalier.worker.model;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ModelInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.TextFamily;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * A model directory that was looked at as far as headers go: its family is known, every tensor has
 * the shape that its architecture asks for and a type that can be computed with.
 */
public sealed interface KnownModel permits VisionModel, MaskableModel {
  /** Names of tensors that are listed. */
  int LISTED = 6;

  /** Its files. */
  ModelDirectory directory();

  /** Its family. */
  Family family();

  /** Returns what it is made of. */
  Architecture architecture();

  /** Returns what it reads. */
  ModelInput input();

  /** Length of the sequences that operations are counted for; empty if it reads none. */
  default OptionalInt sequenceLength() {
    return OptionalInt.empty();
  }

  /**
   * Of how many tokens operations are told for each; empty if it does not continue text token by
   * token.
   */
  default OptionalInt tokensOneByOne() {
    return OptionalInt.empty();
  }

  /** Returns what other libraries take for different things in its config, in sentences. */
  default List<String> warnings() {
    return List.of();
  }

  /** The same model by its heads and neurons, where these can be masked. */
  Optional<MaskableModel> maskable();

  /**
   * Returns what its files keep and nothing computes with, so that it is not among the parameters
   * that are counted: how many numbers, and in which tensors. Empty if there is nothing of the
   * kind.
   */
  default Optional<String> carried() {
    List<TensorSpec> kept =
        architecture().tensors().stream()
            .filter(tensor -> tensor.role() == TensorSpec.Role.CARRIED)
            .toList();
    long numbers =
        kept.stream()
            .mapToLong(tensor -> LongStream.of(tensor.shape()).reduce(1, Math::multiplyExact))
            .sum();
    return kept.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%d numbers in %s"
                .formatted(
                    numbers,
                    kept.stream()
                            .map(TensorSpec::name)
                            .limit(LISTED)
                            .collect(Collectors.joining(", "))
                        + (kept.size() > LISTED
                            ? " and %d others".formatted(kept.size() - LISTED)
                            : "")));
  }

  /**
   * Looks at a directory; loads no tensor.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  static KnownModel of(ModelDirectory directory) {
    return Families.of(directory.config()) instanceof TextFamily
        ? TextModel.of(directory)
        : VisionModel.of(directory);
  }
}
