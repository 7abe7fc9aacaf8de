package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;

/**
 * Training of a model that reads text, from one checkpoint to another.
 *
 * @param start weights to begin with; not changed
 * @param train texts to learn from
 * @param test texts to measure with afterwards
 * @param settings how
 */
public record TextTraining(
    TextModel start, TextDataset train, TextDataset test, TrainingSettings settings) {
  /**
   * Trains, writes the weights to a safetensors file, and measures them.
   *
   * @param progress hears of every step, then of every batch of the test
   */
  public TextMetrics run(Path weightsFile, Progress.Listener progress) {
    try (Weights weights = Weights.load(start.directory(), start.architecture())) {
      new Trainer(settings).train(weights, TextObjective.of(start.network(), train), progress);
      SafetensorsWriter.write(weightsFile, weights.toTensorData());
      return TextEvaluation.tally(
          start.network(), weights, test, settings.steps().batch(), progress);
    }
  }
}
