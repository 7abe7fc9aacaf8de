package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * What is said to which algorithm of pruning. A schema of all algorithms together cannot say it.
 *
 * @param problems takes the pointer to a field and what is wrong with it
 */
record AlgorithmRules(BiConsumer<String, String> problems) {
  private static final String FASTNAS = "fastnas";
  private static final String GRADNAS = "gradnas";
  private static final String MINITRON = "minitron";
  private static final String CONSTRAINTS = "constraints";
  private static final String SCORE = "score";
  private static final String IMPORTANCE = "importance";

  /** Keys of a stage that not all algorithms know, by those that do. */
  private static final Map<String, Set<String>> KEYS =
      new TreeMap<>(
          Map.of(
              FASTNAS,
              Set.of(
                  "channelDivisor",
                  "calibrationBatches",
                  "scoreImages",
                  SCORE,
                  IMPORTANCE,
                  "activationMebibytes",
                  "reconstruct",
                  "objective",
                  "layers"),
              GRADNAS,
              Set.of(
                  "neuronDivisor",
                  "batches",
                  "microBatch",
                  "normalisation",
                  "uniform",
                  "output",
                  "maxLength",
                  "stride",
                  "objective",
                  "layers"),
              MINITRON,
              Set.of(
                  "export",
                  "perLayer",
                  "hiddenDivisor",
                  "neuronDivisor",
                  "expertDivisor",
                  "headDivisor",
                  "groupDivisor",
                  "layerDivisor",
                  "maxWidthPruning",
                  "maxDepthPruning",
                  "topK",
                  SCORE,
                  "depth",
                  "sequenceAggregation",
                  "batchAggregation",
                  IMPORTANCE,
                  "loaders",
                  "shardSize",
                  "batches",
                  "maxLength",
                  "activationMebibytes")));

  /** The same for fields of constraints. */
  private static final Map<String, Set<String>> BOUNDS =
      new TreeMap<>(
          Map.of(
              FASTNAS, Set.of("latency"),
              GRADNAS, Set.of("latency", "flopsPerToken"),
              MINITRON,
                  Set.of("latency", "flopsPerToken", "memory", "sequenceLength", "batchSize")));

  /** Values of keys that each algorithm knows some of. */
  private static final Map<String, Map<String, Set<String>>> VALUES =
      new TreeMap<>(
          Map.of(
              SCORE,
              Map.of(
                  FASTNAS, Set.of("accuracy", "loss", "agreement"), MINITRON, Set.of("loss", "kl")),
              IMPORTANCE,
              Map.of(
                  FASTNAS,
                  Set.of("consumer-norm", "batchnorm-scale", "taylor", "geometric-median"),
                  MINITRON,
                  Set.of("contribution", "activation"))));

  /** Looks at all stages of a policy. */
  void check(JsonNode stages) {
    for (int i = 0; i < stages.size(); i++) {
      JsonNode prune = stages.path(i).path("prune");
      String named = prune.path("algorithm").asText();
      if (KEYS.containsKey(named)) {
        check("/spec/stages/%d/prune".formatted(i), prune, named);
      }
    }
  }

  private void check(String pointer, JsonNode prune, String named) {
    known(pointer, prune, named, KEYS);
    known(pointer + "/" + CONSTRAINTS, prune.path(CONSTRAINTS), named, BOUNDS);
    VALUES.forEach((key, values) -> value(pointer, prune, named, key, values));
    if (named.equals(MINITRON) && prune.has("export") == prune.has(CONSTRAINTS)) {
      problems.accept(
          pointer,
          "minitron needs either constraints or export; found %s"
              .formatted(prune.has("export") ? "both" : "neither"));
    }
  }

  private void value(
      String pointer, JsonNode prune, String named, String key, Map<String, Set<String>> values) {
    String found = prune.path(key).asText();
    Set<String> own = values.getOrDefault(named, Set.of(found));
    if (prune.has(key) && !own.contains(found)) {
      problems.accept(
          pointer + "/" + key,
          "must be one of %s for %s; found %s"
              .formatted(String.join(", ", own.stream().sorted().toList()), named, found));
    }
  }

  /** Refuses what is known, but not to the algorithm that is named. */
  private void known(String pointer, JsonNode group, String named, Map<String, Set<String>> known) {
    for (var field : group.properties()) {
      String key = field.getKey();
      List<String> owners =
          known.entrySet().stream()
              .filter(each -> each.getValue().contains(key))
              .map(Map.Entry::getKey)
              .toList();
      if (!owners.isEmpty() && !owners.contains(named)) {
        problems.accept(
            pointer + "/" + key,
            "%s is said to %s, not to %s".formatted(key, String.join(" and ", owners), named));
      }
    }
  }
}
