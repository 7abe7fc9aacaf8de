package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.prune.VersionTiming;
import io.espalier.worker.algorithm.reconstruct.transformer.StackPasses;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.tensor.Weights;
import java.util.Optional;

/**
 * A model with the data of its pruning: the capabilities that GradNAS needs of it, whatever it
 * reads.
 *
 * @param <M> what is known of its files
 */
public interface GradNasSubject<M extends MaskableModel> {
  /** Examples that are solved on, at most: more take longer and hardly help. */
  int SOLVED_EXAMPLES = 1024;

  /** The model. */
  M model();

  /** Looks at a cut version of it; loads no tensor. */
  M open(ModelDirectory cut);

  /**
   * Returns what gradients are measured on.
   *
   * @param seed of what is random in the loss
   */
  LossData search(long seed);

  /**
   * Measures how good the original is, so that versions can be compared with it.
   *
   * @param batch samples that are computed at once
   */
  Baseline<M> baseline(Weights original, int batch, Progress.Listener progress);

  /** Times layers, and versions of the model in memory. */
  VersionTiming timing();

  /**
   * Passes of samples through its layers; empty if these cannot be run one by one.
   *
   * @param batch samples per batch
   * @param seed decides which samples
   */
  Optional<StackPasses> passes(int batch, long seed);

  /**
   * The original, measured.
   *
   * @param <M> what is known of a version's files
   */
  interface Baseline<M> {
    /** Returns how good it is. */
    Judgement original();

    /** Returns how good a cut version of it is on the same data. */
    Judgement of(M cut, Weights weights, Progress.Listener progress);
  }
}
