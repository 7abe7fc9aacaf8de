package io.espalier.worker.domain;

import java.time.Duration;
import java.util.Locale;

/** Lengths of time as policies write them. */
public final class DurationWords {
  private static final String BEFORE_TIME = "PT";

  private DurationWords() {}

  /** Returns one such as {@code 2m}, {@code 1h30m} or {@code 0.5s}. */
  public static String of(Duration duration) {
    return duration.toString().substring(BEFORE_TIME.length()).toLowerCase(Locale.ROOT);
  }
}
