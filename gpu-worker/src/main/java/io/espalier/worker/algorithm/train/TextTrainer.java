package io.espalier.worker.algorithm.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains a model that reads text with {@link AdamW} and a {@link CosineSchedule}, without dropout.
 *
 * <p>The same weights, data and settings give the same bits on the same device with the same number
 * of threads.
 */
public final class TextTrainer {
  private final TextNetwork network;
  private final AdamWSettings settings;

  /** A trainer of a network. */
  public TextTrainer(TextNetwork network, AdamWSettings settings) {
    this.network = network;
    this.settings = settings;
  }

  /**
   * Changes weights in place.
   *
   * @return the mean loss of each epoch, in nats
   * @throws InvalidInputException if there are fewer sequences than one batch
   * @throws WorkerException if the loss is no longer a number
   */
  public List<Double> train(Weights weights, TextDataset data, Progress.Listener progress) {
    int steps = data.size() / settings.batch();
    if (steps < 1) {
      throw new InvalidInputException(
          "%d sequences are fewer than one batch of %d".formatted(data.size(), settings.batch()));
    }
    long all = (long) steps * settings.epochs();
    long warmup = Math.min(Math.round(settings.warmup() * all), all - 1);
    var schedule = new CosineSchedule(settings.learningRate(), warmup, all);
    weights.requireGradients(true);
    try (NDManager manager = PyTorch.newManager()) {
      var optimizer = new AdamW(weights, settings);
      var losses = new ArrayList<Double>();
      for (int epoch = 0; epoch < settings.epochs(); epoch++) {
        int[] order = order(data.size(), epoch);
        double sum = 0;
        for (int i = 0; i < steps; i++) {
          int from = i * settings.batch();
          TokenBatch batch = data.batch(Arrays.copyOfRange(order, from, from + settings.batch()));
          long step = (long) epoch * steps + i;
          double loss = step(manager, weights, batch, optimizer, schedule.at(step));
          requireFinite(loss, step);
          sum += loss;
          progress.report(new Progress("training", step + 1, all, Map.of("loss", loss)));
        }
        losses.add(sum / steps);
      }
      return List.copyOf(losses);
    } finally {
      weights.requireGradients(false);
    }
  }

  private double step(
      NDManager manager, Weights weights, TokenBatch batch, AdamW optimizer, double rate) {
    TextLoss loss = TextLoss.of(network.input());
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tokens tokens = Tokens.of(manager, batch);
      double share = 1.0 / Math.max(1, loss.count(batch));
      NDArray mean =
          Gradients.of(
              () ->
                  Tensors.scale(
                      loss.sum(network.forward(weights, tokens, ForwardHooks.NONE), batch), share));
      optimizer.step(rate);
      return mean.getFloat();
    }
  }

  private int[] order(int size, int epoch) {
    var random = new SplittableRandom(settings.seed() * 31 + epoch);
    return SgdTrainer.shuffled(size, random);
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
