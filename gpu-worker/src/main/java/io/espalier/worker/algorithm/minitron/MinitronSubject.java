package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.minitron.cut.CandidateScoring;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetClock;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * A model with the data of its pruning: the capabilities that Minitron needs of it, whatever it
 * reads. What is kept for a later attempt lies in the directory that is given.
 *
 * @param <B> what is known of it before a tensor is loaded
 */
public interface MinitronSubject<B extends NetworkBlueprint> {
  /** The model. */
  B blueprint();

  /** Looks at a cut version of it; loads no tensor. */
  B of(ModelDirectory cut);

  /** Returns how many batches units are listened to on. */
  int batches();

  /** Returns whether there is memory for whole models. */
  boolean fits();

  /** Times layers, and subnets. */
  SubnetClock clock();

  /** Measures how good the original is, so that versions can be compared with it. */
  Baseline<B> baseline(Path checkpoints, Progress.Listener progress);

  /**
   * Leaves a model that says the same, whose stream runs along its principal directions.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if the stream can run along channels
   *     only
   */
  Rotated<B> rotated(Path checkpoints, Progress.Listener progress);

  /**
   * Listens to the units of a model that says the same as this one.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if activations are no numbers
   */
  ActivationScores measure(B model, Path checkpoints, Progress.Listener progress);

  /** Returns what is known of a model once its units were listened to. */
  B watched(B model, ActivationScores activity);

  /**
   * Returns what scores subnets of a model on what units are listened to on.
   *
   * @param fingerprint of what units are chosen by
   */
  CandidateScoring scoring(B model, SubnetMetric score, String fingerprint, Path checkpoints);

  /**
   * Returns what compares subnets by what they are worth once they have learned from the model;
   * empty if they do not learn.
   *
   * @param files cuts them
   * @param settings say for how many steps they learn
   * @param fingerprint of what units are chosen by
   */
  Optional<LearnedSubnets> learned(
      SubnetWriter<B> files,
      MinitronSettings settings,
      String fingerprint,
      Path checkpoints,
      Progress.Listener progress);

  /**
   * Solves anew for what stands behind a cut, and leaves the better of the two in the files.
   *
   * @param from of the model that was cut
   * @param subnet what of it was left
   * @param cut its files, which change
   */
  Reconstruction reconstruct(
      B from, Subnet subnet, ModelDirectory cut, Path checkpoints, Progress.Listener progress);

  /**
   * The original, measured.
   *
   * @param <B> what is known of a version before a tensor is loaded
   */
  interface Baseline<B> {
    /** Returns how good it is. */
    Judgement original();

    /**
     * Returns how good a version of it is on the same data.
     *
     * @param phase what is reported meanwhile
     */
    Judgement of(String phase, B cut);
  }

  /**
   * A model whose stream runs along directions.
   *
   * @param blueprint of it
   * @param untied weights that were the embedding's and are no more
   * @param directions keeps beside a model that was cut from it along which directions its stream
   *     runs
   * @param removal removes its files
   */
  record Rotated<B>(
      B blueprint, List<String> untied, BiConsumer<Path, int[]> directions, Runnable removal)
      implements AutoCloseable {
    /** Makes one; the list is copied. */
    public Rotated {
      untied = List.copyOf(untied);
    }

    @Override
    public void close() {
      removal.run();
    }
  }
}
