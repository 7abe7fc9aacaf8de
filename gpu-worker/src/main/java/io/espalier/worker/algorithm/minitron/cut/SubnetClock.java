package io.espalier.worker.algorithm.minitron.cut;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.ImageNetwork;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Weights;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;

/** Speed of layers, and of subnets of a model whose layers may be fewer. */
public interface SubnetClock {
  /**
   * A subnet in memory.
   *
   * @param config its config.json
   */
  record Version(JsonNode config, Weights weights) {}

  /** Nanoseconds of one pass of a layer. */
  double nanos(Sized layer);

  /**
   * Returns how fast subnets are, side by side, at one sample.
   *
   * @param repetitions passes of each to measure
   */
  List<Latency> latencies(List<Version> subnets, int repetitions);

  /** Returns how fast subnets are of which none of their size may have run before. */
  default List<Latency> warmedUp(List<Version> subnets) {
    latencies(subnets, TextTiming.FEW_REPETITIONS);
    return latencies(subnets, TextTiming.FEW_REPETITIONS);
  }

  /** Times subnets that read text. */
  static SubnetClock of(TextTiming timing, TextFamily family) {
    return new SubnetClock() {
      @Override
      public double nanos(Sized layer) {
        return timing.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Version> subnets, int repetitions) {
        return timing.latencies(
            subnets.stream()
                .map(each -> new Timed(family.network(each.config()), each.weights()))
                .toList(),
            repetitions);
      }
    };
  }

  /** Times subnets that read images, by one image, on this device. */
  static SubnetClock onDevice(VisionFamily family, InputSpec image) {
    var timer = new LayerTimer();
    return new SubnetClock() {
      @Override
      public double nanos(Sized layer) {
        return timer.nanos(layer);
      }

      @Override
      public List<Latency> latencies(List<Version> subnets, int repetitions) {
        IdentityHashMap<Weights, ImageNetwork> networks = new IdentityHashMap<>();
        subnets.forEach(
            each ->
                networks.put(each.weights(), family.of(each.config()).maskable().orElseThrow()));
        return Evaluation.latencies(
            (weights, images) ->
                Objects.requireNonNull(networks.get(weights))
                    .forward(weights, images, ForwardHooks.NONE),
            subnets.stream().map(Version::weights).toList(),
            repetitions,
            image.channels(),
            image.height(),
            image.width());
      }
    };
  }
}
