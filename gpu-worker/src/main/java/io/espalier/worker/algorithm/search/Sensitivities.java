package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Axis;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Loss of a model's score when one axis alone is cut, for every width of every axis.
 *
 * @param losses by axis, one loss per choice in the order of the choices; never negative, never
 *     growing with the width, 0 for the whole width
 */
public record Sensitivities(Map<String, double[]> losses) {
  /** Sensitivities; everything is copied. */
  public Sensitivities {
    var copy = new LinkedHashMap<String, double[]>();
    losses.forEach((axis, values) -> copy.put(axis, requireFalling(axis, values.clone())));
    losses = copy;
  }

  /** The losses of an axis, one per choice; do not change them. */
  double[] of(Axis axis, int choices) {
    double[] found = losses.get(axis.name());
    if (found == null || found.length != choices) {
      throw new IllegalArgumentException(
          "axis '%s' has %d choices, but %s sensitivities"
              .formatted(axis.name(), choices, found == null ? "no" : found.length));
    }
    return found;
  }

  /** The losses by axis, in the order of measurement. */
  @Override
  public Map<String, double[]> losses() {
    var copy = new LinkedHashMap<String, double[]>();
    losses.forEach((axis, values) -> copy.put(axis, values.clone()));
    return copy;
  }

  private static double[] requireFalling(String axis, double[] values) {
    for (int i = 0; i < values.length; i++) {
      double next = i + 1 < values.length ? values[i + 1] : 0;
      if (!Double.isFinite(values[i]) || values[i] < next) {
        throw new IllegalArgumentException(
            "axis '%s': loss %s at choice %d is followed by %s"
                .formatted(axis, values[i], i, next));
      }
    }
    return values;
  }
}
