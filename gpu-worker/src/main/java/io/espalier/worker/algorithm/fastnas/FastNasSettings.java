package io.espalier.worker.algorithm.fastnas;

/**
 * What FastNAS can be told beside the budget.
 *
 * @param channelDivisor cut widths are multiples of it
 * @param calibrationBatches batches of images that BatchNorm is calibrated on, at most
 * @param batchSize images per batch
 * @param scoreImages images that cut models are scored on, at most
 * @param score what they are scored by
 * @param seed decides which images are drawn
 */
public record FastNasSettings(
    int channelDivisor,
    int calibrationBatches,
    int batchSize,
    int scoreImages,
    Score score,
    long seed) {

  /** What a cut model is scored by; more is better. */
  public enum Score {
    /** Fraction of images classified right. */
    ACCURACY,
    /** Negative mean cross entropy; tells models apart that classify the same images right. */
    LOSS
  }

  /** Images that BatchNorm is calibrated on, at most. */
  int calibrationImages() {
    return (int) Math.min(Integer.MAX_VALUE, (long) calibrationBatches * batchSize);
  }
}
