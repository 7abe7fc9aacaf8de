package io.espalier.worker.algorithm.importance;

import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** By what the units of an axis are put in order; more is more important. */
public enum Importance {
  /** Norms of the weights that read a unit; ModelOpt's, and the default. */
  CONSUMER_NORM("consumer-norm"),
  /** Scale of the BatchNorms along the axis; consumer norms where there is none. */
  BATCHNORM_SCALE("batchnorm-scale"),
  /** Gradient times weight, squared; needs labelled images. */
  TAYLOR("taylor"),
  /** Distance of a unit's filter from all others of its layer. */
  GEOMETRIC_MEDIAN("geometric-median");

  private final String key;

  Importance(String key) {
    this.key = key;
  }

  /** Its name in policies. */
  public String key() {
    return key;
  }

  /** All names, in the order of the constants. */
  public static List<String> keys() {
    return Arrays.stream(values()).map(Importance::key).toList();
  }

  /** The one of that name. */
  public static Optional<Importance> of(String key) {
    return Arrays.stream(values()).filter(importance -> importance.key.equals(key)).findFirst();
  }

  /**
   * The importance of every unit, by name of the axis; an axis of which nothing can be said is not
   * in it.
   *
   * @param weights of the model; stay as they are
   * @param images that gradients are taken on, if any are
   */
  public Map<String, double[]> measure(
      ModelDirectory model, VisionFamily family, Weights weights, Batches images) {
    Architecture architecture = weights.architecture();
    return switch (this) {
      case CONSUMER_NORM -> ConsumerNorms.importance(architecture, model::read);
      case BATCHNORM_SCALE -> {
        var importance = new LinkedHashMap<>(ConsumerNorms.importance(architecture, model::read));
        importance.putAll(NormScales.importance(architecture, model::read));
        yield importance;
      }
      case TAYLOR -> Taylor.importance(family, weights, images);
      case GEOMETRIC_MEDIAN -> GeometricMedian.importance(architecture, model::read);
    };
  }
}
