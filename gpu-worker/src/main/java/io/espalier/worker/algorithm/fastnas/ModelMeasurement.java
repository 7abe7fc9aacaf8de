package io.espalier.worker.algorithm.fastnas;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;

/** Measures models of a family on the same data. */
record ModelMeasurement(
    VisionFamily family, ImageDataset data, int batch, Progress.Listener progress) {
  private static final int LATENCY_REPETITIONS = 50;
  private static final int WARM_UP_REPETITIONS = 10;

  /** Returns what a model says of the data. */
  ImageMetrics tally(String phase, Weights weights) {
    return Evaluation.tally(
        family,
        weights,
        data,
        batch,
        step -> progress.report(new Progress(phase, step.done(), step.total(), step.values())));
  }

  /** Times versions of a model side by side; in memory, without calibration. */
  LatencyProfile.WholeModels models(Weights original) {
    return (widest, narrowest) -> {
      var first = new ChannelOrder(original.architecture(), Map.of());
      try (Weights one = original.keep(first.kept(widest));
          Weights other = original.keep(first.kept(narrowest))) {
        latencies(WARM_UP_REPETITIONS, one, other); // nothing of this size ran in this JVM before
        return latencies(one, other);
      }
    };
  }

  /** Returns how fast two models are, side by side. */
  List<Latency> latencies(Weights before, Weights after) {
    progress.report(Progress.of("measuring latency", 0, 0));
    return latencies(LATENCY_REPETITIONS, before, after);
  }

  private List<Latency> latencies(int repetitions, Weights before, Weights after) {
    return Evaluation.latencies(
        family, List.of(before, after), repetitions, data.channels(), data.height(), data.width());
  }
}
