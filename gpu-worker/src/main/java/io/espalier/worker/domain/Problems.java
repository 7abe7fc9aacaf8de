package io.espalier.worker.domain;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Problems of an input, collected so that all of them can be told at once; the same one is told
 * once.
 */
public final class Problems {
  /** More than these are counted, not listed: a report travels in events, whose size is limited. */
  private static final int LISTED = 100;

  /** More than these of one kind are counted too. */
  private static final int NAMED = 1000;

  private final int most;
  private final String more;
  private final List<String> listed = new ArrayList<>();
  private int unlisted;

  /** Nothing so far. */
  public Problems() {
    this(LISTED, "and %d more problems like these");
  }

  /**
   * Nothing so far.
   *
   * @param most how many are listed; more are counted
   * @param more tells how many were counted, with {@code %d} for their number
   */
  public Problems(int most, String more) {
    this.most = most;
    this.more = more;
  }

  /** Nothing so far, of several inputs whose own problems are limited already. */
  public static Problems ofSeveral() {
    return new Problems(Integer.MAX_VALUE, "");
  }

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
    addAll(other.problems());
  }

  public void addAll(List<String> problems) {
    problems.forEach(this::addText);
  }

  /** Returns what is read; empty, with its problems added, if that is refused. */
  public <T> Optional<T> attempt(Supplier<T> reading) {
    try {
      return Optional.of(reading.get());
    } catch (InvalidInputException e) {
      addAll(e);
      return Optional.empty();
    }
  }

  public boolean isEmpty() {
    return listed.isEmpty();
  }

  /** The exception that tells all of them, for throwing. */
  public InvalidInputException toException() {
    var all = new ArrayList<>(listed);
    if (unlisted > 0) {
      all.add(more.formatted(unlisted));
    }
    return new InvalidInputException(all);
  }

  /**
   * Goes on if nothing is wrong.
   *
   * @throws InvalidInputException with all that is
   */
  public void throwIfAny() {
    if (!isEmpty()) {
      throw toException();
    }
  }

  /** Adds a sentence as it is. */
  public void addText(String problem) {
    if (listed.contains(problem)) {
      return;
    }
    if (listed.size() < most) {
      listed.add(problem);
    } else {
      unlisted++;
    }
  }
}
