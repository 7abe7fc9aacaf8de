package io.espalier.worker.domain;

import java.util.List;

/**
 * A model, data set or specification is not what it should be. Never retryable: it will not change
 * by itself.
 */
public final class InvalidInputException extends WorkerException {
  private final List<String> problems;

  /** One or more problems, all that were found. */
  public InvalidInputException(List<String> problems) {
    super(String.join("\n", problems), false, null);
    if (problems.isEmpty()) {
      throw new IllegalArgumentException("invalid input without a problem");
    }
    this.problems = List.copyOf(problems);
  }

  /** A single problem. */
  public InvalidInputException(String problem) {
    this(List.of(problem));
  }

  /** Every problem that was found. */
  public List<String> problems() {
    return problems;
  }
}
