package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.train.LearningCurve;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The best judged models of a training as files beside the one that goes out.
 *
 * @param points where they were judged, the best first; none if only the best is wanted
 * @param measure what they were judged by
 */
record KeptCheckpoints(List<LearningCurve.Point> points, Measure measure) {
  private static final String FOLDER = "checkpoints";

  static KeptCheckpoints of(LearningCurve curve, DistillSpec spec, Measure measure) {
    return new KeptCheckpoints(spec.keep() > 1 ? curve.best(spec.keep()) : List.of(), measure);
  }

  /**
   * Writes them, in the types in which the model's tensors are stored.
   *
   * @param folder of the training
   * @param weights of the model; end as they are
   * @param output directory of the model
   * @return what is to be told of each, by key
   */
  Map<String, String> write(Path folder, Weights weights, Path output) {
    Map<String, String> told = new LinkedHashMap<>();
    if (points.isEmpty()) {
      return told;
    }
    Path directory = output.resolve(FOLDER);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(directory, e), true, e);
    }
    for (int i = points.size() - 1; i >= 0; i--) { // so that the best comes last and stays
      LearningCurve.Point point = points.get(i);
      weights.take(SafetensorsFile.open(Trainer.judged(folder, point.step())));
      SafetensorsWriter.write(
          directory.resolve("step-%d.safetensors".formatted(point.step())), weights.toTensorData());
    }
    points.forEach(
        point ->
            told.put(
                "checkpoint.step-" + point.step(),
                "%s %s".formatted(measure.name(), Figures.of(point.measure(), measure.unit()))));
    return told;
  }
}
