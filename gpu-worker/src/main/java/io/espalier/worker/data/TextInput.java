package io.espalier.worker.data;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import java.util.List;

/**
 * The text that a model takes.
 *
 * @param task what it does
 * @param vocabulary number of tokens that it knows
 * @param positions longest sequence, in tokens
 * @param types number of segments; 1 if it does not tell segments apart
 * @param padding id of the token that shorter sequences are filled up with
 * @param labels names of the labels that it gives, in the order of its scores; empty if it gives
 *     none
 * @param problem what scores of labels are for
 */
public record TextInput(
    TextTask task,
    int vocabulary,
    int positions,
    int types,
    long padding,
    List<String> labels,
    ProblemType problem)
    implements ModelInput {
  /** An input; the list is copied. */
  public TextInput {
    labels = List.copyOf(labels);
  }

  /** The input of a model whose texts have one label each, if it gives labels. */
  public TextInput(
      TextTask task, int vocabulary, int positions, int types, long padding, List<String> labels) {
    this(task, vocabulary, positions, types, padding, labels, ProblemType.SINGLE_LABEL);
  }

  /** The same of a model that takes sequences of another length at most. */
  public TextInput reading(int tokens) {
    return new TextInput(task, vocabulary, tokens, types, padding, labels, problem);
  }

  /** Returns whether what is right of a text is numbers, one for each score. */
  public boolean wantsNumbers() {
    return task == TextTask.TEXT_CLASSIFICATION && problem != ProblemType.SINGLE_LABEL;
  }

  /**
   * Makes sure that sequences of a length fit.
   *
   * @throws InvalidInputException if the model has fewer positions
   */
  public void requireLength(int tokens) {
    if (tokens < 1 || tokens > positions) {
      throw new InvalidInputException(
          "sequences of %d tokens: the model has positions for 1 to %d; ask for a shorter length"
              .formatted(tokens, positions));
    }
  }
}
