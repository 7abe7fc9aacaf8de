package io.espalier.worker.model.family;

/**
 * Mode of a forward pass in what differs between training and use: BatchNorm's statistics.
 *
 * @param batchStatistics whether BatchNorm normalises by the batch and moves its running statistics
 * @param momentum weight of the batch in the running statistics, from 0 to 1 (PyTorch's meaning)
 * @param hooks watch the pass
 */
public record Mode(boolean batchStatistics, double momentum, LayerHooks hooks) {
  /** As used: running statistics, nothing changes. */
  public static final Mode EVALUATE = new Mode(false, 0, LayerHooks.NONE);

  /** As trained: batch statistics, with the momentum that torchvision and timm give it. */
  public static final Mode TRAIN = new Mode(true, 0.1, LayerHooks.NONE);

  /**
   * As calibrated: running statistics become the plain average over all batches.
   *
   * @param seen batches averaged so far, without this one
   */
  public static Mode calibrate(int seen) {
    return new Mode(true, 1.0 / (seen + 1), LayerHooks.NONE);
  }

  /** The same, watched. */
  public Mode watched(LayerHooks by) {
    return new Mode(batchStatistics, momentum, by);
  }
}
