package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.prune.CutFiles;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.reconstruct.transformer.SequenceBatches;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.transformer.StackedNetwork;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * The last step in the files of a cut model before it goes out: what writes to the residual stream
 * is solved for anew, unless that is not wanted.
 *
 * @param data sequences of the search
 * @param directory for hidden states that memory has no room for
 * @param progress is told what is being reconstructed
 */
public record TextCompletion(
    GradNasPlan plan,
    GradNasSettings settings,
    TextDataset data,
    Path directory,
    Progress.Listener progress) {
  /** Examples that are solved on, at most: more take longer and hardly help. */
  private static final int SOLVED_EXAMPLES = 1024;

  /** Sequences of a batch of which one is held out. */
  private static final int FEWEST = 4;

  /** Bound of hidden states in memory while layers are solved for. */
  private static final long STATE_BYTES = 1L << 30;

  /**
   * A model that was completed.
   *
   * @param reconstruction what was solved for
   * @param plain what the plain cut says of the data that before and after are measured on
   */
  record Completed(Reconstruction reconstruction, TextMetrics plain) {}

  /**
   * Returns whether models are solved for anew.
   *
   * @param form of the result, if it is said
   */
  public static boolean isWanted(
      ReconstructionMode mode, Optional<OutputMode> form, TextNetwork network) {
    return mode != ReconstructionMode.OFF
        && !form.equals(Optional.of(OutputMode.ZERO_PADDED))
        && network instanceof StackedNetwork;
  }

  /**
   * Completes a cut model in its files.
   *
   * @param original weights of the model before the cut; stay as they are
   * @param judge asks a model about the data that before and after are measured on
   * @return empty if the model stays as it was cut
   */
  Optional<Completed> complete(
      Weights original, TextModel cut, Function<Weights, TextMetrics> judge) {
    TextNetwork whole = plan.model().network();
    if (!isWanted(settings.reconstruct(), Optional.of(plan.output()), whole)
        || !(whole instanceof StackedNetwork network)) {
      return Optional.empty();
    }
    var batches =
        new SequenceBatches(
            data.drawn(SOLVED_EXAMPLES, settings.seed()), Math.max(FEWEST, settings.pieceSize()));
    try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
      TextMetrics plain = judge.apply(weights);
      Reconstruction done =
          new TransformerReconstruction(network, original, batches)
              .run(
                  weights, new TransformerReconstruction.Storage(STATE_BYTES, directory), progress);
      if (done.isUsed()) {
        CutFiles.write(cut.directory(), weights, done.solved());
      }
      return Optional.of(new Completed(done, plain));
    }
  }
}
