package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import java.util.List;

/** Speed of layers and models that read text. */
public interface TextTiming {
  /** Passes of each model that are measured where models are compared. */
  int REPETITIONS = 50;

  /** Passes of each model that are enough to adjust what is foretold. */
  int FEW_REPETITIONS = 10;

  /** Nanoseconds of one pass of a layer. */
  double nanos(Sized layer);

  /**
   * Returns how fast models are, side by side.
   *
   * @param repetitions passes of each to measure
   */
  List<Latency> latencies(List<Timed> models, int repetitions);

  /** Returns how fast models are of which none of their size may have run before. */
  default List<Latency> warmedUp(List<Timed> models) {
    latencies(models, FEW_REPETITIONS);
    return latencies(models, FEW_REPETITIONS);
  }

  /**
   * Times on this device.
   *
   * @param tokens length of the one sequence that models are timed by
   */
  static TextTiming onDevice(int tokens) {
    var timer = new LayerTimer();
    return new TextTiming() {
      @Override
      public double nanos(Sized layer) {
        return timer.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Timed> models, int repetitions) {
        return TextEvaluation.latencies(models, repetitions, tokens);
      }
    };
  }
}
