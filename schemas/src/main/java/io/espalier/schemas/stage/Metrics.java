package io.espalier.schemas.stage;

import java.util.Set;
import java.util.TreeSet;

/** Names of the metrics that stages report, by what a model reads. */
final class Metrics {
  static final String LATENCY = "latencyMillis";
  static final String AGREEMENT = "agreement";
  static final String SIMILARITY = "similarity";

  /** Of models that tell images apart; accuracy and loss where images have labels. */
  static final Set<String> OF_IMAGES =
      Set.of("parameters", "flops", "bytes", "accuracy", "loss", LATENCY);

  /** Of models that read text, by what the model does. */
  static final Set<String> OF_TEXT =
      Set.of(
          "parameters",
          "flops",
          "flopsPerToken",
          "bytes",
          LATENCY,
          "accuracy",
          "exactMatch",
          "f1",
          "f1Macro",
          "f1Micro",
          "loss",
          "meanSquaredError",
          "pearson",
          "perplexity",
          SIMILARITY,
          "memory");

  private Metrics() {}

  /** One set and more. */
  static Set<String> and(Set<String> some, Set<String> more) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(more);
    return all;
  }

  /** One set without others. */
  static Set<String> without(Set<String> all, Set<String> others) {
    Set<String> some = new TreeSet<>(all);
    some.removeAll(others);
    return some;
  }
}
