package io.espalier.worker.model;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A model that reads text, as far as headers go.
 *
 * @param directory its files
 * @param family its family
 * @param network its forward pass
 * @param architecture what it is made of; operations are counted for sequences of some length
 * @param tokens that length
 */
public record TextModel(
    ModelDirectory directory,
    TextFamily family,
    TextNetwork network,
    Architecture architecture,
    int tokens)
    implements MaskableModel {
  @Override
  public TextInput input() {
    return network.input();
  }

  @Override
  public OptionalInt sequenceLength() {
    return OptionalInt.of(tokens);
  }

  @Override
  public List<String> warnings() {
    return network.warnings();
  }

  @Override
  public OptionalInt tokensOneByOne() {
    return network.input().task() == TextTask.TEXT_GENERATION
        ? OptionalInt.of(tokens)
        : OptionalInt.empty();
  }

  /**
   * Looks at a directory; loads no tensor. Operations are counted for the longest sequences.
   *
   * @throws InvalidInputException with every problem
   */
  public static TextModel of(ModelDirectory directory) {
    TextFamily family = Families.text(directory.config());
    TextNetwork network = family.network(directory.config());
    return of(directory, family, network, network.input().positions());
  }

  /**
   * Looks at a directory; loads no tensor.
   *
   * @param tokens length of the sequences that operations are counted for
   * @throws InvalidInputException with every problem
   */
  public static TextModel of(ModelDirectory directory, int tokens) {
    TextFamily family = Families.text(directory.config());
    return of(directory, family, family.network(directory.config()), tokens);
  }

  private static TextModel of(
      ModelDirectory directory, TextFamily family, TextNetwork network, int tokens) {
    network.input().requireLength(tokens);
    Architecture architecture = network.architecture(directory.shapes(), tokens);
    var problems =
        new ArrayList<>(
            TensorCheck.problems(directory, shapes -> network.architecture(shapes, tokens)));
    if (problems.isEmpty()) {
      problems.addAll(network.untied(directory));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new TextModel(directory, family, network, architecture, tokens);
  }
}
