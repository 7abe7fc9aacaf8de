package io.espalier.streams.domain;

import java.util.List;

/** An input is refused for good: the same input would be refused again. Never retryable. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> problems;

  /**
   * Refuses an input.
   *
   * @param what the input, such as {@code model-registered event of 'resnet20' version '1'}
   * @param problems everything that is wrong with it, each as a sentence without a full stop
   */
  public RefusedException(String what, List<String> problems) {
    super(what + " refused: " + String.join("; ", problems));
    this.problems = List.copyOf(problems);
  }

  /** Returns everything that is wrong. */
  public List<String> problems() {
    return problems;
  }
}
