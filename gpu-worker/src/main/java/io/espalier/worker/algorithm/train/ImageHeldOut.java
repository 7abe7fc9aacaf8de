package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;

/**
 * Images that are not learned from, and what another model says of them.
 *
 * @param reference what the other model says, which agreement is measured by
 */
public record ImageHeldOut(VisionFamily family, ImageDataset data, ImageMetrics reference)
    implements HeldOut {
  /** Images, and what another model says of them. */
  public static ImageHeldOut of(
      VisionFamily family,
      ImageDataset data,
      VisionFamily referenceFamily,
      Weights reference,
      Progress.Listener progress) {
    return new ImageHeldOut(
        family,
        data,
        Evaluation.tally(referenceFamily, reference, data, Evaluation.BATCH, progress));
  }

  /** Returns the judgement of the other model itself. */
  public Judgement ofReference() {
    return reference.judgement(reference);
  }

  @Override
  public Judgement judge(Weights weights) {
    return Evaluation.tally(family, weights, data, Evaluation.BATCH, Progress.Listener.NONE)
        .judgement(reference);
  }

  @Override
  public String fingerprint() {
    return data.fingerprint();
  }
}
