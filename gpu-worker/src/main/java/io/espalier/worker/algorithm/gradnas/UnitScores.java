package io.espalier.worker.algorithm.gradnas;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Scores of heads and neurons: the sum over batches of the squared gradient of the batch's mean
 * loss with respect to each unit's mask.
 *
 * @param fingerprint of everything that the numbers depend on: model, data, batches, loss
 * @param batches how many batches were added up by now
 * @param loss sum of their mean losses
 * @param byAxis one score per unit, by axis
 */
public record UnitScores(
    String fingerprint, int batches, double loss, Map<String, double[]> byAxis) {
  /** Scores; everything is copied. */
  public UnitScores {
    byAxis = copy(byAxis);
  }

  /** One score per unit, by axis, in the order of the forward pass. */
  @Override
  public Map<String, double[]> byAxis() {
    return copy(byAxis);
  }

  /** With one more batch. */
  UnitScores with(MaskGradients.Of batch) {
    Map<String, double[]> sums = copy(byAxis);
    batch
        .byAxis()
        .forEach(
            (axis, gradients) -> {
              double[] sum = sums.computeIfAbsent(axis, any -> new double[gradients.length]);
              for (int unit = 0; unit < sum.length; unit++) {
                sum[unit] += (double) gradients[unit] * gradients[unit];
              }
            });
    return new UnitScores(fingerprint, batches + 1, loss + batch.mean(), sums);
  }

  private static Map<String, double[]> copy(Map<String, double[]> all) {
    var copy = new LinkedHashMap<String, double[]>();
    all.forEach((axis, values) -> copy.put(axis, values.clone()));
    return copy;
  }
}
