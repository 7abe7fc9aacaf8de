package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Weights;
import java.util.List;

/** Times layers, and versions of one network that differ in their weights alone. */
public interface VersionTiming {
  /** Nanoseconds of one pass of a layer. */
  double nanos(Sized layer);

  /**
   * Returns how fast versions are, side by side, at one sample.
   *
   * @param repetitions passes of each to measure
   */
  List<Latency> latencies(List<Weights> versions, int repetitions);

  /** Returns how fast versions are of which none of their size may have run before. */
  default List<Latency> warmedUp(List<Weights> versions) {
    latencies(versions, TextTiming.FEW_REPETITIONS);
    return latencies(versions, TextTiming.FEW_REPETITIONS);
  }

  /** Times versions of a network that reads text. */
  static VersionTiming of(TextTiming timing, TextNetwork network) {
    return new VersionTiming() {
      @Override
      public double nanos(Sized layer) {
        return timing.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Weights> versions, int repetitions) {
        return timing.latencies(
            versions.stream().map(each -> new Timed(network, each)).toList(), repetitions);
      }
    };
  }

  /** Times versions of a network that reads images, by one image, on this device. */
  static VersionTiming onDevice(ImageNetwork network, InputSpec image) {
    var timer = new LayerTimer();
    return new VersionTiming() {
      @Override
      public double nanos(Sized layer) {
        return timer.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Weights> versions, int repetitions) {
        return Evaluation.latencies(
            (weights, images) -> network.forward(weights, images, ForwardHooks.NONE),
            versions,
            repetitions,
            image.channels(),
            image.height(),
            image.width());
      }
    };
  }
}
