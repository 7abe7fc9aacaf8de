package io.espalier.worker.algorithm.minitron;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * How strongly the units of a layer fire, and how much the layer changes what passes.
 *
 * @param units one score per unit, by what they are: {@value #NEURONS}, {@value #HEADS}, and
 *     {@value #HIDDEN} for what the layer's normalisations say of each channel of the stream
 * @param distance sum over batches of 1 - the mean cosine of what enters and what leaves
 */
record LayerActivity(Map<String, double[]> units, double distance) {
  static final String NEURONS = "neurons";
  static final String HEADS = "heads";
  static final String HIDDEN = "hidden";

  /** Activity; everything is copied. */
  LayerActivity {
    units = copy(units);
  }

  /** What a watch has seen. */
  static LayerActivity of(LayerWatch watch, int headSize) {
    var units = new LinkedHashMap<String, double[]>();
    units.put(NEURONS, watch.neurons());
    units.put(HEADS, watch.heads(headSize));
    units.put(HIDDEN, watch.hidden());
    return new LayerActivity(units, watch.distance());
  }

  @Override
  public Map<String, double[]> units() {
    return copy(units);
  }

  /** The scores of one kind of unit. */
  double[] of(String kind) {
    return Objects.requireNonNull(units.get(kind), kind).clone();
  }

  private static Map<String, double[]> copy(Map<String, double[]> all) {
    var copy = new LinkedHashMap<String, double[]>();
    all.forEach((kind, values) -> copy.put(kind, values.clone()));
    return copy;
  }
}
