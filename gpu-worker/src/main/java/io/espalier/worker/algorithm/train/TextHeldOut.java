package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Weights;

/**
 * Texts that are not learned from, and what another model says of them.
 *
 * @param reference what the other model says, which embeddings are compared with
 */
public record TextHeldOut(TextNetwork network, TextDataset data, TextMetrics reference)
    implements HeldOut {
  /** Texts, and what another model says of them. */
  public static TextHeldOut of(
      TextNetwork network,
      TextDataset data,
      TextNetwork referenceNetwork,
      Weights reference,
      Progress.Listener progress) {
    return new TextHeldOut(
        network,
        data,
        TextEvaluation.tally(referenceNetwork, reference, data, TextEvaluation.BATCH, progress));
  }

  /** Returns the judgement of the other model itself. */
  public Judgement ofReference() {
    return reference.judgement(reference);
  }

  @Override
  public Judgement judge(Weights weights) {
    return TextEvaluation.tally(
            network, weights, data, TextEvaluation.BATCH, Progress.Listener.NONE)
        .judgement(reference);
  }

  @Override
  public String fingerprint() {
    return data.fingerprint();
  }
}
