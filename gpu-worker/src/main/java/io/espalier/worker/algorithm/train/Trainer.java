package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Trains a network, whatever it reads, towards an {@link Objective}, without dropout.
 *
 * <p>The same weights, data and settings give the same bits on the same device with the same number
 * of threads, interrupted or not, unless the budget is one of time.
 *
 * @param settings how it is trained
 * @param validation what decides which of the weights on the way go out; without it those of the
 *     end do
 * @param checkpointing where the state is kept; without it nothing is
 */
public record Trainer(
    TrainingSettings settings,
    Optional<Validation> validation,
    Optional<Checkpointing> checkpointing) {
  /** A trainer that keeps nothing and is not judged. */
  public Trainer(TrainingSettings settings) {
    this(settings, Optional.empty(), Optional.empty());
  }

  /** The same, and its state is kept. */
  public Trainer keeping(Checkpointing rule) {
    return new Trainer(settings, validation, Optional.of(rule));
  }

  /**
   * The same, and the best of the weights on the way go out.
   *
   * @param rule judges them
   * @param kept where they are kept meanwhile
   */
  public Trainer judgedBy(Validation rule, Checkpointing kept) {
    return new Trainer(settings, Optional.of(rule), Optional.of(kept));
  }

  /**
   * Changes weights in place. If a state of the same training was kept (weights to begin with,
   * objective, settings), it goes on from there. A loss that is no number takes the training back
   * to the last state at half the learning rate, twice at most.
   *
   * @param progress hears of every step and every judgement
   * @throws InvalidInputException if there are fewer samples than one step takes
   * @throws io.espalier.worker.domain.WorkerException if the loss is no number once more, or at all
   *     where no state is kept
   * @throws TrainingInterruptedException if the process is about to end
   */
  public LearningCurve train(Weights weights, Objective objective, Progress.Listener progress) {
    int batch = settings.steps().batch();
    if (objective.size() < batch) {
      throw new InvalidInputException(
          "training in batches of %d needs as many samples, but there are %d; use a smaller batch or more data"
              .formatted(batch, objective.size()));
    }
    try (NDManager manager = PyTorch.newManager();
        var run = new TrainingRun(this, weights, objective, manager, progress)) {
      return run.go();
    }
  }

  /**
   * The file of weights, in float32, that were judged after a step and are among the best, until
   * the training is forgotten.
   */
  public static Path judged(Path folder, long step) {
    return TrainingCheckpoint.judged(folder, step);
  }

  /** Removes what was kept in a folder, since the result of the training is safe. */
  public static void forget(Path folder) {
    TrainingCheckpoint.delete(folder);
  }
}
