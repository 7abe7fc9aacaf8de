package io.espalier.standalone.model;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Current quantities of a task, in a few words. */
public final class Words {
  private Words() {}

  /** Such as {@code accuracy 0.9512, loss 0.2034}. */
  public static String of(Map<String, Double> values) {
    return new TreeMap<>(values)
        .entrySet().stream()
            .map(value -> String.format(Locale.ROOT, "%s %.4g", value.getKey(), value.getValue()))
            .collect(Collectors.joining(", "));
  }
}
