package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Trains an image classifier with {@link Sgd}, a {@link CosineSchedule} and {@link Augmentation}.
 *
 * <p>The same weights, data and settings give the same bits on the same device with the same number
 * of threads.
 */
public final class SgdTrainer {
  private final VisionFamily family;
  private final TrainingSettings settings;

  /** A trainer of one family's models. */
  public SgdTrainer(VisionFamily family, TrainingSettings settings) {
    this.family = family;
    this.settings = settings;
  }

  /**
   * Changes weights in place.
   *
   * @return the mean loss of each epoch, in nats
   * @throws InvalidInputException if there are fewer images than one batch
   * @throws WorkerException if the loss is no longer a number
   */
  public List<Double> train(Weights weights, ImageDataset data, Progress.Listener progress) {
    return train(weights, data, Optional.empty(), progress);
  }

  /**
   * The same, and keeps its state in a directory after every epoch. If there is a state of the same
   * training (weights to begin with, data and settings), it goes on from there, with the same bits
   * as if it had never been interrupted. The last state stays until {@link #forget}.
   *
   * @return the mean loss of each epoch, in nats, those before an interruption included
   */
  public List<Double> train(
      Weights weights, ImageDataset data, Path checkpoints, Progress.Listener progress) {
    return train(
        weights,
        data,
        Optional.of(TrainingCheckpoint.of(checkpoints, weights, data, settings)),
        progress);
  }

  /** Removes the state in a directory, since the result of the training is safe. */
  public static void forget(Path checkpoints) {
    TrainingCheckpoint.delete(checkpoints);
  }

  private List<Double> train(
      Weights weights,
      ImageDataset data,
      Optional<TrainingCheckpoint> checkpoint,
      Progress.Listener progress) {
    if (data.size() < settings.batch()) {
      throw new InvalidInputException(
          "training in batches of %d needs as many images, but there are %d"
              .formatted(settings.batch(), data.size()));
    }
    var losses = new ArrayList<Double>();
    try (NDManager manager = PyTorch.newManager()) {
      var run = new Run(manager, weights, data, progress);
      checkpoint.ifPresent(state -> losses.addAll(state.restore(weights, run.optimizer, manager)));
      weights.requireGradients(true);
      try {
        for (int epoch = losses.size(); epoch < settings.epochs(); epoch++) {
          losses.add(run.epoch(epoch));
          checkpoint.ifPresent(state -> state.save(weights, run.optimizer, losses));
        }
        run.countBatches();
      } finally {
        weights.requireGradients(false);
      }
    }
    return List.copyOf(losses);
  }

  /** One training of one model. */
  private final class Run {
    private final NDManager manager;
    private final Weights weights;
    private final ImageDataset data;
    private final Progress.Listener progress;
    private final Sgd optimizer;
    private final int steps;
    private final CosineSchedule schedule;

    Run(NDManager manager, Weights weights, ImageDataset data, Progress.Listener progress) {
      this.manager = manager;
      this.weights = weights;
      this.data = data;
      this.progress = progress;
      this.optimizer = new Sgd(weights, settings);
      this.steps = data.size() / settings.batch();
      this.schedule =
          new CosineSchedule(
              settings.learningRate(),
              Math.min(
                  Math.round(settings.warmupEpochs() * steps),
                  (long) steps * settings.epochs() - 1),
              (long) steps * settings.epochs());
    }

    /** Shows every image once; the mean loss. */
    double epoch(int epoch) {
      var random = new SplittableRandom(settings.seed() * 31 + epoch);
      int[] order = shuffled(data.size(), random);
      double sum = 0;
      for (int i = 0; i < steps; i++) {
        int[] indices = Arrays.copyOfRange(order, i * settings.batch(), (i + 1) * settings.batch());
        Batch batch = settings.augmentation().apply(data.batch(indices), data, random);
        long step = (long) epoch * steps + i;
        double loss = step(batch, schedule.at(step));
        requireFinite(loss, step);
        sum += loss;
        progress.report(
            new Progress(
                "training",
                step + 1,
                (long) steps * settings.epochs(),
                Map.of("loss", loss, "epoch", epoch + 1.0)));
      }
      return sum / steps;
    }

    /** BatchNorm layers know how many batches they have seen, if their checkpoint says so. */
    void countBatches() {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        for (TensorSpec tensor : weights.architecture().tensors()) {
          if (tensor.name().endsWith(".num_batches_tracked")) {
            NDArray counter = weights.get(tensor.name());
            Tensors.addScaledInPlace(
                counter, Tensors.scalar(counter, (double) steps * settings.epochs()), 1);
          }
        }
      }
    }

    private double step(Batch batch, double rate) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray images =
            Tensors.of(
                manager,
                batch.pixels(),
                batch.size(),
                data.channels(),
                data.height(),
                data.width());
        NDArray labels = Tensors.of(manager, batch.labels(), batch.size());
        NDArray loss =
            Gradients.of(() -> loss(family.forward(weights, images, Mode.TRAIN), labels));
        optimizer.step(rate);
        return loss.getFloat();
      }
    }

    /** Cross entropy against labels of which a share is spread over all classes. */
    private NDArray loss(NDArray logits, NDArray labels) {
      NDArray hard = Losses.crossEntropy(logits, labels);
      double share = settings.labelSmoothing();
      if (share == 0) {
        return hard;
      }
      NDArray even = Tensors.negate(Tensors.mean(Tensors.logSoftmax(logits, 1)));
      return Tensors.add(Tensors.scale(hard, 1 - share), Tensors.scale(even, share));
    }

    private void requireFinite(double loss, long step) {
      if (!Double.isFinite(loss)) {
        throw new WorkerException(
            "the loss of step %d is %s; a learning rate below %s may help"
                .formatted(step, loss, settings.learningRate()),
            false,
            null);
      }
    }
  }

  static int[] shuffled(int size, SplittableRandom random) {
    var order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }
}
