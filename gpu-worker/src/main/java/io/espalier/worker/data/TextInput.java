package io.espalier.worker.data;

import io.espalier.worker.domain.InvalidInputException;
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
 */
public record TextInput(
    TextTask task, int vocabulary, int positions, int types, long padding, List<String> labels) {
  /** An input; the list is copied. */
  public TextInput {
    labels = List.copyOf(labels);
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
