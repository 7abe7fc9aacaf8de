package io.espalier.worker.stage.prune;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.setting.Values;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.schemas.stage.PruneStages;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.SpecReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Settings of a pruning algorithm, with what several of them read alike: constraints and rules for
 * layers.
 *
 * @param reader of the keys of the algorithm
 */
record PruneReader(SpecReader reader) {
  /** Returns what is said to an algorithm. */
  static PruneReader of(String algorithm, String json) {
    return new PruneReader(SpecReader.of(PruneStages.PRUNE, algorithm, json));
  }

  /** Returns what is right of what was said. */
  Settings settings() {
    return reader.settings();
  }

  /** Adds something that is wrong, beginning with the key. */
  void problem(String problem) {
    reader.problem(problem);
  }

  /** Goes on only if nothing is wrong. */
  void requireSound() {
    reader.requireSound();
  }

  /**
   * The bounds of a group; empty if nothing is said of it, or something is wrong with it.
   *
   * @param parse how bounds are read that are given by the names of their quantities
   */
  Optional<Constraints> constraints(
      Setting<Settings> group, Function<Map<String, String>, Constraints> parse) {
    return settings().find(group).map(PruneReader::bounds).flatMap(asked -> read(asked, parse));
  }

  private Optional<Constraints> read(
      Map<String, String> asked, Function<Map<String, String>, Constraints> parse) {
    try {
      return Optional.of(parse.apply(asked));
    } catch (InvalidInputException e) {
      e.problems().forEach(reader::problem);
      return Optional.empty();
    }
  }

  /** Returns what is said of quantities; a group may say other things, too. */
  private static Map<String, String> bounds(Settings group) {
    Map<String, String> bounds = new LinkedHashMap<>();
    group.table().settings().stream()
        .filter(setting -> setting.values() instanceof Values.Bound && group.says(setting))
        .forEach(setting -> bounds.put(setting.name(), group.used().get(setting.name())));
    return bounds;
  }

  /** The rules for single layers. */
  LayerRules layers() {
    List<Settings> rules = settings().find(PruneKeys.LAYERS).orElse(List.of());
    return new LayerRules(rules.stream().map(PruneReader::rule).toList());
  }

  private static LayerRules.Rule rule(Settings rule) {
    return new LayerRules.Rule(
        rule.get(PruneKeys.RULE_MATCH),
        rule.find(PruneKeys.RULE_DIVISOR),
        rule.find(PruneKeys.RULE_RATIOS),
        rule.says(PruneKeys.RULE_EXCLUDE) ? rule.find(PruneKeys.RULE_EXCLUDE) : Optional.empty());
  }
}
