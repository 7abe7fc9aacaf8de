package io.espalier.worker.model.family;

import io.espalier.worker.domain.InvalidInputException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A part of reading an input, whose problems are reported together with those of others. */
public final class Attempt {
  private Attempt() {}

  /**
   * Returns what reading gives; empty if it fails.
   *
   * @param problems gets those that it fails with
   */
  public static <R> Optional<R> of(Supplier<R> reading, List<String> problems) {
    try {
      return Optional.of(reading.get());
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }
}
