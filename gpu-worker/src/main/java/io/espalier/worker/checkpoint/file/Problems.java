package io.espalier.worker.checkpoint.file;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Problems of an input, collected so that all of them can be told at once. */
public final class Problems {
  /** More than these are counted, not listed: a report travels in events, whose size is limited. */
  private static final int LISTED = 100;

  /** More than these of one kind are counted too. */
  private static final int NAMED = 1000;

  private final List<String> listed = new ArrayList<>();
  private int unlisted;

  @SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
  public void add(String format, Object... arguments) {
    addText(format.formatted(arguments));
  }

  /** Names in the order given, in brackets. */
  public static String names(Collection<String> names) {
    String all = names.stream().limit(NAMED).collect(Collectors.joining(", ", "[", "]"));
    int more = names.size() - NAMED;
    return more <= 0 ? all : "%s and %d more".formatted(all, more);
  }

  public void addAll(InvalidInputException other) {
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

  public void throwIfAny() {
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
