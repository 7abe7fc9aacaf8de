package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.search.Sensitivities;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Loss of a model's score when one axis alone is cut: as measured, axis by axis.
 *
 * @param fingerprint of everything that the numbers depend on: model, data, search space, score
 * @param order the order in which the units of each axis are kept, the most important first
 * @param originalScore score of the model at hand; more is better
 * @param axes what is known by now, in the order of measurement
 */
public record SensitivityMap(
    String fingerprint,
    Map<String, List<Integer>> order,
    double originalScore,
    Map<String, Entry> axes) {
  /**
   * One axis.
   *
   * @param widths its choices, ascending
   * @param losses one per choice, after repair
   * @param evaluations how many models were scored for it
   * @param passes what that took, in whole passes over the images; less than one for each model,
   *     since what is in front of a cut was computed before
   */
  public record Entry(List<Integer> widths, List<Double> losses, int evaluations, double passes) {
    /** An axis; the lists are copied. */
    public Entry {
      widths = List.copyOf(widths);
      losses = List.copyOf(losses);
    }
  }

  /** A map; everything is copied. */
  public SensitivityMap {
    order = Collections.unmodifiableMap(new LinkedHashMap<>(order));
    axes = Collections.unmodifiableMap(new LinkedHashMap<>(axes));
  }

  SensitivityMap with(String axis, Entry entry) {
    var more = new LinkedHashMap<>(axes);
    more.put(axis, entry);
    return new SensitivityMap(fingerprint, order, originalScore, more);
  }

  /** The losses in the form in which the search takes them. */
  Sensitivities sensitivities() {
    var losses = new LinkedHashMap<String, double[]>();
    axes.forEach(
        (axis, entry) ->
            losses.put(axis, entry.losses().stream().mapToDouble(Double::doubleValue).toArray()));
    return new Sensitivities(losses);
  }

  /** Returns what measuring it took, in whole passes over the images, the original's included. */
  public double passes() {
    return 1 + axes.values().stream().mapToDouble(Entry::passes).sum();
  }

  /** Returns how many models were scored for it, the original one included. */
  public int evaluations() {
    return 1 + axes.values().stream().mapToInt(Entry::evaluations).sum();
  }
}
