package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.domain.job.Reconstruction;
import java.util.Optional;

/**
 * Work on a cut model in its files before it goes out.
 *
 * @param reconstruction what was solved for anew; empty if nothing was to be
 * @param plain how good its plain cut is; empty if that was not measured
 */
public record CompletedCut(Optional<Reconstruction> reconstruction, Optional<Judgement> plain) {
  /** A model that stays as it was cut. */
  public static final CompletedCut AS_CUT = new CompletedCut(Optional.empty(), Optional.empty());
}
