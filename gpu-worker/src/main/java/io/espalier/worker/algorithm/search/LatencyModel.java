package io.espalier.worker.algorithm.search;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Latency of a model at any widths, predicted from times of its layers: {@code fixedNanos + sum
 * over layers of scale × time of the layer}.
 *
 * <p>What several joined axes bring to a layer counts by its sum. Each layer takes whole
 * nanoseconds by itself, so that sums of parts are exact.
 *
 * @param fixedNanos time that no width changes
 * @param scale by what the times of layers measured alone are multiplied, so that the whole model
 *     takes as long as it was measured to
 * @param layers times by the name of the layer's weight; a layer that is not named takes no time of
 *     its own
 */
public record LatencyModel(long fixedNanos, double scale, Map<String, LatencyTable> layers) {
  /** A model; the map is copied. */
  public LatencyModel {
    if (fixedNanos < 0 || !(scale > 0 && Double.isFinite(scale))) {
      throw new IllegalArgumentException(
          "fixed time of %d ns and scale %s".formatted(fixedNanos, scale));
    }
    layers = Collections.unmodifiableMap(new LinkedHashMap<>(layers));
  }
}
