package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with an input, collected so that all of it can be told at once. */
final class Problems {
  /** More than these are counted, not listed: a report travels in events, whose size is limited. */
  private static final int LISTED = 100;

  private final List<String> listed = new ArrayList<>();
  private int unlisted;

  @SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
  void add(String format, Object... arguments) {
    addText(format.formatted(arguments));
  }

  void addAll(InvalidInputException other) {
    other.problems().forEach(this::addText);
  }

  boolean isEmpty() {
    return listed.isEmpty();
  }

  /** The exception that tells all of them, for throwing. */
  InvalidInputException toException() {
    var all = new ArrayList<>(listed);
    if (unlisted > 0) {
      all.add("and %d more problems like these".formatted(unlisted));
    }
    return new InvalidInputException(all);
  }

  void throwIfAny() {
    if (!isEmpty()) {
      throw toException();
    }
  }

  private void addText(String problem) {
    if (listed.size() < LISTED) {
      listed.add(problem);
    } else {
      unlisted++;
    }
  }
}
