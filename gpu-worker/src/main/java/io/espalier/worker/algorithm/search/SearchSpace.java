package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * All models that a search may choose from: for each axis that may be cut, the widths it may have.
 *
 * @param architecture the model at hand
 * @param axes the axes that may be cut, in the order of the forward pass; also those that have no
 *     choice but their own width
 * @param reasons for an axis without a choice, by its name, why it has none
 */
public record SearchSpace(
    Architecture architecture, List<Choices> axes, Map<String, String> reasons) {
  /**
   * The widths that an axis may have.
   *
   * @param axis the axis
   * @param widths ascending; the last is its own width
   */
  public record Choices(Axis axis, List<Integer> widths) {
    /** Widths of an axis; the list is copied. */
    public Choices {
      widths = List.copyOf(widths);
      if (widths.isEmpty() || widths.get(widths.size() - 1) != axis.units()) {
        throw new IllegalArgumentException(
            "axis '%s' of %d units has the choices %s, which do not end with its own width"
                .formatted(axis.name(), axis.units(), widths));
      }
    }

    /** Returns whether there is anything to choose. */
    public boolean isConfigurable() {
      return widths.size() > 1;
    }

    int smallest() {
      return widths.get(0);
    }

    /** The width closest to the median of all, the lower one if two are. */
    int central() {
      int size = widths.size();
      double median = (widths.get((size - 1) / 2) + widths.get(size / 2)) / 2.0;
      int best = widths.get(0);
      for (int width : widths) {
        if (Math.abs(width - median) < Math.abs(best - median)) {
          best = width;
        }
      }
      return best;
    }
  }

  /** A space; the collections are copied. */
  public SearchSpace {
    axes = List.copyOf(axes);
    reasons = Map.copyOf(reasons);
  }

  /** A space that gives no reasons of its own. */
  public SearchSpace(Architecture architecture, List<Choices> axes) {
    this(architecture, axes, Map.of());
  }

  /** The space in which every layer follows the same rule. */
  public static SearchSpace of(Architecture architecture, ChoiceRule rule) {
    return of(architecture, rule, LayerRules.NONE);
  }

  /**
   * The space in which each layer has a rule of its own. An axis that several layers write has the
   * widths that all of their rules allow, and none but its own if a rule excludes one of them.
   *
   * @param usual the rule of layers of which the rules say nothing
   * @throws InvalidInputException with every rule that matches no layer
   */
  public static SearchSpace of(Architecture architecture, ChoiceRule usual, LayerRules rules) {
    rules.requireMatches(architecture);
    Function<Layer, ChoiceRule> ruled = rules.over(layer -> usual(layer, usual));
    var axes = new ArrayList<Choices>();
    var reasons = new LinkedHashMap<>(architecture.frozen());
    for (Axis axis : architecture.prunableAxes()) {
      Optional<String> excluded = rules.exclusion(architecture, axis);
      Choices choices =
          excluded.isPresent()
              ? new Choices(axis, List.of(axis.units()))
              : choices(architecture, axis, ruled);
      axes.add(choices);
      if (!choices.isConfigurable()) {
        reasons.put(axis.name(), excluded.orElseGet(() -> tooNarrow(architecture, axis, ruled)));
      }
    }
    return new SearchSpace(architecture, axes, reasons);
  }

  /** Returns why an axis has no choice; empty if it has one. */
  public Optional<String> reason(Axis axis) {
    String known = reasons.getOrDefault(axis.name(), architecture.frozen().get(axis.name()));
    if (known != null) {
      return Optional.of(known);
    }
    boolean configurable =
        axes.stream().anyMatch(choices -> choices.axis().equals(axis) && choices.isConfigurable());
    return configurable ? Optional.empty() : Optional.of("it has no other width to choose");
  }

  /**
   * Makes sure that there is something to choose.
   *
   * @throws InvalidInputException if every axis has one width only; says why, and how often
   */
  public void requireChoice() {
    if (!configurable().isEmpty()) {
      return;
    }
    Map<String, Integer> counts = new TreeMap<>();
    architecture
        .axes()
        .forEach(axis -> counts.merge(reason(axis).orElse("no reason"), 1, Integer::sum));
    var words =
        new StringBuilder(
            "%s: none of the %d axes has more than one width to choose from; allow narrower layers by a smaller divisor of channels or neurons, or by other rules"
                .formatted(architecture.name(), architecture.axes().size()));
    counts.forEach(
        (reason, axes) ->
            words
                .append("\n  ")
                .append(axes)
                .append(axes == 1 ? " axis: " : " axes: ")
                .append(reason));
    throw new InvalidInputException(words.toString());
  }

  /** The axes that have more than one choice. */
  public List<Choices> configurable() {
    return axes.stream().filter(Choices::isConfigurable).toList();
  }

  /** Returns how many models there are. */
  public BigInteger size() {
    return axes.stream()
        .map(choices -> BigInteger.valueOf(choices.widths().size()))
        .reduce(BigInteger.ONE, BigInteger::multiply);
  }

  /** The narrowest model; no other costs less of anything. */
  public Widths min() {
    return widths(Choices::smallest);
  }

  /** The model in which each width is the one closest to the median of its choices. */
  public Widths centroid() {
    return widths(Choices::central);
  }

  /** The model at hand. */
  public Widths max() {
    return widths(choices -> choices.axis().units());
  }

  private Widths widths(ToIntFunction<Choices> choose) {
    Map<String, Integer> widths = new LinkedHashMap<>();
    axes.forEach(choices -> widths.put(choices.axis().name(), choose.applyAsInt(choices)));
    return new Widths(widths);
  }

  /** Attention heads go one by one, whatever neighbouring channels are rounded to. */
  private static ChoiceRule usual(Layer layer, ChoiceRule channels) {
    return layer
        .written()
        .filter(out -> out.indicesPerUnit() > 1)
        .map(out -> ChoiceRule.everyUnit(out.axis().units(), out.indicesPerUnit()))
        .orElse(channels);
  }

  private static Choices choices(
      Architecture architecture, Axis axis, Function<Layer, ChoiceRule> rules) {
    SortedSet<Integer> common = new TreeSet<>(ChoiceRule.everyTwentieth(1).choices(axis.units()));
    boolean first = true;
    for (Layer layer : architecture.layers()) {
      Optional<Dimension.Along> written = layer.written().filter(out -> out.axis().equals(axis));
      if (written.isPresent()) {
        SortedSet<Integer> own = units(rules.apply(layer), written.get());
        common = first ? own : intersection(common, own);
        first = false;
      }
    }
    return new Choices(axis, List.copyOf(common));
  }

  private static String tooNarrow(
      Architecture architecture, Axis axis, Function<Layer, ChoiceRule> rules) {
    List<Integer> divisors =
        architecture.producers(axis).stream()
            .map(layer -> rules.apply(layer).divisor())
            .distinct()
            .sorted()
            .toList();
    return divisors.size() == 1
        ? "its %d units leave no smaller multiple of the channel divisor %d"
            .formatted(axis.units(), divisors.get(0))
        : "its %d units leave no smaller width that the rules of all its layers allow"
            .formatted(axis.units());
  }

  /** The rule counts indices of the tensor; a unit may cover several. */
  private static SortedSet<Integer> units(ChoiceRule rule, Dimension.Along along) {
    var units = new TreeSet<Integer>();
    for (int indices : rule.choices(along.size())) {
      if (indices % along.indicesPerUnit() == 0) {
        units.add(indices / along.indicesPerUnit());
      }
    }
    return units;
  }

  private static SortedSet<Integer> intersection(SortedSet<Integer> a, SortedSet<Integer> b) {
    var both = new TreeSet<>(a);
    both.retainAll(b);
    return both;
  }
}
