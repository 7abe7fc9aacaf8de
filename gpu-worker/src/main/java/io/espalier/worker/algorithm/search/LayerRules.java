package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Widths to which single layers may be cut, and layers that may not be, by their names.
 *
 * <p>Of several rules that match a layer, the last one that says something of the divisor decides
 * on the divisor, and so for the ratios and the exclusion (ModelOpt 0.40 merges its rules of
 * patterns the same way).
 *
 * @param rules in the order in which they were written
 */
public record LayerRules(List<Rule> rules) {
  /** No rule. */
  public static final LayerRules NONE = new LayerRules(List.of());

  private static final int SHOWN_NAMES = 3;

  /**
   * Rule for a pattern of layer names.
   *
   * @param glob name of a layer's weight or module, in which {@code *} stands for any text and
   *     {@code ?} for one character
   * @param divisor the divisor of widths, if the rule says so
   * @param ratios the fractions of the width, if the rule says so
   * @param exclude whether the layers keep their widths, if the rule says so
   */
  public record Rule(
      String glob,
      Optional<Integer> divisor,
      Optional<List<Double>> ratios,
      Optional<Boolean> exclude) {
    /** A rule; the list is copied. */
    public Rule {
      ratios = ratios.map(List::copyOf);
    }

    /** A rule that excludes layers. */
    public static Rule excluding(String glob) {
      return new Rule(glob, Optional.empty(), Optional.empty(), Optional.of(true));
    }

    /** A rule that gives layers a divisor. */
    public static Rule dividing(String glob, int divisor) {
      return new Rule(glob, Optional.of(divisor), Optional.empty(), Optional.empty());
    }

    /** Returns whether it is about a layer. */
    public boolean matches(Layer layer) {
      return edits(layer) == 0;
    }

    private int edits(Layer layer) {
      return Math.min(Glob.edits(glob, layer.weight()), Glob.edits(glob, layer.module()));
    }
  }

  /** Rules; the list is copied. */
  public LayerRules {
    rules = List.copyOf(rules);
  }

  /** The rule of each layer, over one for what the rules do not say. */
  public Function<Layer, ChoiceRule> over(Function<Layer, ChoiceRule> usual) {
    return layer ->
        new ChoiceRule(
            last(layer, Rule::ratios).orElseGet(() -> usual.apply(layer).ratios()),
            last(layer, Rule::divisor).orElseGet(() -> usual.apply(layer).divisor()));
  }

  /** Returns why a layer keeps its width, if a rule says so. */
  public Optional<String> exclusion(Layer layer) {
    return rules.stream()
        .filter(rule -> rule.exclude().isPresent() && rule.matches(layer))
        .reduce((earlier, later) -> later)
        .filter(rule -> rule.exclude().orElse(false))
        .map(rule -> "excluded by the rule '%s'".formatted(rule.glob()));
  }

  /** Returns why an axis keeps its width, if a rule excludes a layer that writes it. */
  Optional<String> exclusion(Architecture architecture, Axis axis) {
    return architecture.producers(axis).stream()
        .flatMap(layer -> exclusion(layer).stream())
        .findFirst();
  }

  /**
   * Makes sure that every rule is about a layer and says something possible.
   *
   * @throws InvalidInputException with every rule that is not
   */
  public void requireMatches(Architecture architecture) {
    var problems = new ArrayList<String>();
    for (Rule rule : rules) {
      if (architecture.layers().stream().noneMatch(rule::matches)) {
        problems.add(
            "layer rule '%s': matches none of the %d layers of %s; similar names are %s"
                .formatted(
                    rule.glob(),
                    architecture.layers().size(),
                    architecture.name(),
                    similar(rule, architecture)));
      }
      try {
        var unused = new ChoiceRule(rule.ratios().orElse(List.of()), rule.divisor().orElse(1));
      } catch (IllegalArgumentException e) {
        problems.add("layer rule '%s': %s".formatted(rule.glob(), e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private static String similar(Rule rule, Architecture architecture) {
    return String.join(
        ", ",
        architecture.layers().stream()
            .sorted(Comparator.comparingInt(rule::edits))
            .limit(SHOWN_NAMES)
            .map(Layer::module)
            .toList());
  }

  private <T> Optional<T> last(Layer layer, Function<Rule, Optional<T>> field) {
    return rules.stream()
        .filter(rule -> rule.matches(layer))
        .flatMap(rule -> field.apply(rule).stream())
        .reduce((earlier, later) -> later);
  }
}
