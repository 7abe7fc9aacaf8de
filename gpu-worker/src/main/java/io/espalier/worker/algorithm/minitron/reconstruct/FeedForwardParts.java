package io.espalier.worker.algorithm.minitron.reconstruct;

import io.espalier.worker.algorithm.reconstruct.transformer.Projection;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The projections of a layer's feed-forward part: one, or one for each expert and one for that
 * which all tokens share.
 */
record FeedForwardParts(StreamPair streams, int layer, Weights cut) {
  /** Bytes of the sums of projections that are solved for at once, but for one at least. */
  private static final long SUM_BYTES = 512L << 20;

  /**
   * Those that are solved for at once, from the same pass: experts as many as there is room for,
   * and behind them the one that all tokens share, which makes good what they leave.
   */
  List<List<Projection>> groups() {
    var routed = new ArrayList<Projection>();
    var others = new ArrayList<List<Projection>>();
    List<String> experts =
        streams.blueprint().experts(layer).map(each -> each.modules()).orElse(List.of());
    for (Axis axis : cut.architecture().axes()) {
      if (axis.kind() == AxisKind.NEURONS) {
        Optional<Projection> reader = Projection.of(cut.architecture(), axis.name());
        if (experts.contains(axis.module())) {
          reader.ifPresent(routed::add);
        } else {
          reader.ifPresent(each -> others.add(List.of(each)));
        }
      }
    }
    List<List<Projection>> groups = new ArrayList<>(together(routed));
    groups.addAll(others);
    return groups;
  }

  private static List<List<Projection>> together(List<Projection> routed) {
    var groups = new ArrayList<List<Projection>>();
    long bytes = SUM_BYTES;
    for (Projection each : routed) {
      long own = 2L * Double.BYTES * each.inputs() * (each.inputs() + each.outputs());
      if (bytes + own > SUM_BYTES) {
        groups.add(new ArrayList<>());
        bytes = 0;
      }
      groups.get(groups.size() - 1).add(each);
      bytes += own;
    }
    return groups;
  }
}
