package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.importance.Importance;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Objective;
import java.util.OptionalInt;

/**
 * Settings of FastNAS beside the budget.
 *
 * @param channelDivisor cut widths are multiples of it
 * @param calibrationBatches batches of images that BatchNorm is calibrated on, at most
 * @param batchSize images per batch
 * @param scoreImages images that cut models are scored on, at most
 * @param score what they are scored by
 * @param scoreAfter what is done to them before they are scored
 * @param objective what a choice of widths loses, summed up
 * @param importance what decides which channels of a layer stay
 * @param activationMebibytes bound of the activations that are kept in memory while sensitivity is
 *     measured; more of them go to a file. Changes no result
 * @param rankAfter steps for which candidates learn before they are compared; empty if the search
 *     decides alone
 * @param reconstruct whether what reads cut channels is solved for anew
 * @param seed decides which images are drawn
 */
public record FastNasSettings(
    int channelDivisor,
    int calibrationBatches,
    int batchSize,
    int scoreImages,
    Score score,
    ScoreAfter scoreAfter,
    Objective objective,
    Importance importance,
    int activationMebibytes,
    OptionalInt rankAfter,
    ReconstructionMode reconstruct,
    long seed) {

  /** Score of a cut model; more is better. */
  public enum Score {
    /** Fraction of images classified right. */
    ACCURACY,
    /** Negative mean cross entropy; tells models apart that classify the same images right. */
    LOSS,
    /**
     * Negative mean Kullback-Leibler divergence from what the original says, in nats; 0 is perfect.
     * Needs no labels.
     */
    AGREEMENT
  }

  /** Treatment of a cut model before it is scored, beside calibrating BatchNorm. */
  public enum ScoreAfter {
    /** Nothing: the model as it was cut. */
    CUT,
    /** The layers that read the cut units are solved for anew. */
    RECONSTRUCTION
  }

  /** Bytes of activations that may be kept in memory. */
  long activationBytes() {
    return (long) activationMebibytes << 20;
  }

  /** Images that BatchNorm is calibrated on, at most. */
  int calibrationImages() {
    return (int) Math.min(Integer.MAX_VALUE, (long) calibrationBatches * batchSize);
  }
}
