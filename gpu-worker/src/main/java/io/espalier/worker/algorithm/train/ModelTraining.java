package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;

/**
 * Training of an image classifier from one checkpoint to another, by images that are shifted and
 * mirrored.
 *
 * @param start weights to begin with; not changed
 * @param train images to learn from
 * @param test images to measure with afterwards
 * @param settings how
 */
public record ModelTraining(
    ModelDirectory start, ImageDataset train, ImageDataset test, TrainingSettings settings) {
  /**
   * Trains, writes the weights to a safetensors file, and measures them.
   *
   * @param progress hears of every step, then of every batch of the test
   * @throws io.espalier.worker.domain.InvalidInputException if checkpoint and family do not fit
   */
  public Quality run(Path weightsFile, Progress.Listener progress) {
    return run(weightsFile, new Trainer(settings), progress);
  }

  /**
   * The same, and goes on from where an earlier call with the same directory of checkpoints was cut
   * off. The checkpoint is removed once the weights are written.
   */
  public Quality run(Path weightsFile, Path checkpoints, Progress.Listener progress) {
    Trainer trainer = new Trainer(settings).keeping(Checkpointing.in(checkpoints));
    Quality quality = run(weightsFile, trainer, progress);
    Trainer.forget(checkpoints);
    return quality;
  }

  private Quality run(Path weightsFile, Trainer trainer, Progress.Listener progress) {
    VisionFamily family = Families.vision(start.config());
    var architecture = family.architecture(start.config(), start.shapes());
    try (NDManager manager = PyTorch.newManager();
        Weights weights = Weights.load(start, architecture, manager)) {
      trainer.train(weights, new ImageObjective(family, train, Augmentation.CIFAR, 0), progress);
      SafetensorsWriter.write(weightsFile, weights.toTensorData());
      return Evaluation.quality(family, weights, test, Evaluation.BATCH, progress);
    }
  }
}
