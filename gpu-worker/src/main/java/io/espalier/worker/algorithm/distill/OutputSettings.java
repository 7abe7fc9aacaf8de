package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import java.util.OptionalDouble;
import java.util.function.Supplier;

/**
 * Settings of how a student's outputs are compared with its teacher's.
 *
 * @param loss of scores of classes, labels or tokens
 * @param temperature both scores are divided by it; 1 leaves them as they are
 * @param correction margin by which a teacher's distribution is {@linkplain SoftTargets#corrected
 *     corrected} to what is right; empty if it teaches what it says
 * @param vectors of embeddings, in models that say nothing else
 */
public record OutputSettings(
    OutputLoss loss, double temperature, OptionalDouble correction, FeatureLoss vectors) {
  /** Settings; the temperature must be positive and the correction from 0 to 1. */
  public OutputSettings {
    if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "a temperature is positive and finite, but this one is %s".formatted(temperature));
    }
    if (correction.isPresent()
        && !(correction.getAsDouble() >= 0 && correction.getAsDouble() <= 1)) {
      throw new IllegalArgumentException(
          "a correction is a margin from 0 to 1, but this one is %s"
              .formatted(correction.getAsDouble()));
    }
  }

  /** A loss of a temperature, and the angle of embeddings; the teacher is not corrected. */
  public static OutputSettings of(OutputLoss loss, double temperature) {
    return new OutputSettings(loss, temperature, OptionalDouble.empty(), FeatureLoss.COSINE);
  }

  /**
   * What a teacher's scores teach.
   *
   * @param scores (rows, classes)
   * @param labels right class of each row; asked for only if the teacher is corrected
   */
  SoftTargets targets(NDArray scores, Supplier<long[]> labels) {
    SoftTargets said = SoftTargets.of(scores, temperature);
    return correction.isPresent() ? said.corrected(labels.get(), correction.getAsDouble()) : said;
  }
}
