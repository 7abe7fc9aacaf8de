package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Tells a sensitivity map that a measurement may have left from one that somebody has edited. */
final class MapCheck {
  private MapCheck() {}

  /** Returns why a map cannot be one of these axes, finished or not; empty if it can. */
  static Optional<String> problem(SensitivityMap map, List<Choices> axes) {
    if (!Double.isFinite(map.originalScore())) {
      return Optional.of("the score of the original is " + map.originalScore());
    }
    Map<String, Choices> known =
        axes.stream().collect(Collectors.toMap(axis -> axis.axis().name(), Function.identity()));
    for (String name : map.axes().keySet()) {
      if (!known.containsKey(name)) {
        return Optional.of("there is no axis '%s' to cut".formatted(name));
      }
    }
    return axes.stream().flatMap(axis -> problem(map, axis).stream()).findFirst();
  }

  private static Optional<String> problem(SensitivityMap map, Choices axis) {
    String name = axis.axis().name();
    List<Integer> order = map.order().getOrDefault(name, List.of());
    if (!order.stream().sorted().toList().equals(whole(axis))) {
      return Optional.of(
          "the order of axis '%s' does not name each of its %d units once"
              .formatted(name, axis.axis().units()));
    }
    SensitivityMap.Entry entry = map.axes().get(name);
    return entry == null
        ? Optional.empty()
        : problem(entry, axis).map(problem -> "axis '%s': %s".formatted(name, problem));
  }

  private static Optional<String> problem(SensitivityMap.Entry entry, Choices axis) {
    if (!entry.widths().equals(axis.widths())) {
      return Optional.of(
          "the widths are %s, but wanted are %s".formatted(entry.widths(), axis.widths()));
    }
    if (!isFalling(entry.losses(), axis.widths().size())) {
      return Optional.of(
          "the losses %s are not one per width, falling to 0".formatted(entry.losses()));
    }
    if (entry.evaluations() < 0 || entry.evaluations() >= axis.widths().size()) {
      return Optional.of("the evaluations are %d".formatted(entry.evaluations()));
    }
    return Double.isFinite(entry.passes()) && entry.passes() >= 0
        ? Optional.empty()
        : Optional.of("the passes are " + entry.passes());
  }

  private static boolean isFalling(List<Double> losses, int count) {
    double next = 0;
    for (int i = losses.size() - 1; i >= 0; i--) {
      if (!Double.isFinite(losses.get(i)) || losses.get(i) < next) {
        return false;
      }
      next = losses.get(i);
    }
    return losses.size() == count && losses.get(count - 1) == 0;
  }

  private static List<Integer> whole(Choices axis) {
    return IntStream.range(0, axis.axis().units()).boxed().toList();
  }
}
