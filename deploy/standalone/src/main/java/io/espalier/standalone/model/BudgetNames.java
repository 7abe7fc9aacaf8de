package io.espalier.standalone.model;

import java.util.Map;
import java.util.stream.Collectors;

/** Names of budgets that can be those of files, such as {@code flops-60pct_parameters-80pct}. */
final class BudgetNames {
  private BudgetNames() {}

  /** The name of bounds, in their order; {@code sizes} if there are none. */
  static String of(Map<String, String> constraints) {
    return constraints.isEmpty()
        ? "sizes"
        : constraints.entrySet().stream()
            .map(bound -> safe(bound.getKey()) + "-" + safe(bound.getValue()))
            .collect(Collectors.joining("_"));
  }

  private static String safe(String text) {
    return text.strip().replace("%", "pct").replaceAll("[^A-Za-z0-9.]+", "-");
  }
}
