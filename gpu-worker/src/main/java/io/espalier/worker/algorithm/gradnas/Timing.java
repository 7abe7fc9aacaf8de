package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.tensor.Weights;
import java.util.List;

/** How fast layers and versions of a model are. */
interface Timing {
  /** Nanoseconds of one pass of a layer. */
  double nanos(Sized layer);

  /**
   * How fast versions of a model are, side by side.
   *
   * @param repetitions passes of each to measure
   */
  List<Latency> latencies(List<Weights> versions, int repetitions);

  /** Times on this device, of one sequence of the length that the model's operations are for. */
  static Timing onDevice(TextModel model) {
    var timer = new LayerTimer();
    return new Timing() {
      @Override
      public double nanos(Sized layer) {
        return timer.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Weights> versions, int repetitions) {
        return TextEvaluation.latencies(model.network(), versions, repetitions, model.tokens());
      }
    };
  }
}
