package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.minitron.cut.SubnetClock.Version;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Optional;

/**
 * Times subnets of a model side by side. Models are in memory for that long only: before and after
 * it belongs to what flows.
 *
 * @param blueprint of the model
 * @param device that is timed
 * @param fits whether there is memory for whole models
 */
public record SubnetTiming(
    NetworkBlueprint blueprint, SubnetClock device, boolean fits, Progress.Listener progress)
    implements CandidateSearch.Timing<MaskableModel> {
  @Override
  public List<Latency> inMemory(Kept kept) {
    progress.report(Progress.of("measuring latency", 0, 0));
    try (Weights original = original();
        Weights cut = original.keep(kept)) {
      return device.latencies(
          List.of(timed(Kept.all(), original), timed(kept, cut)), TextTiming.REPETITIONS);
    }
  }

  @Override
  public Optional<List<Latency>> inFiles(MaskableModel made) {
    if (!fits) {
      return Optional.empty();
    }
    progress.report(Progress.of("measuring latency", 0, 0));
    try (Weights original = original();
        Weights result = Weights.load(made.directory(), made.architecture())) {
      return Optional.of(
          device.latencies(
              List.of(timed(Kept.all(), original), new Version(made.directory().config(), result)),
              TextTiming.REPETITIONS));
    }
  }

  /** Returns how fast two subnets are of which none of their size may have run before. */
  List<Latency> warmedUp(Kept one, Kept other) {
    try (Weights original = original();
        Weights first = original.keep(one);
        Weights second = original.keep(other)) {
      return device.warmedUp(List.of(timed(one, first), timed(other, second)));
    }
  }

  private Weights original() {
    return Weights.load(blueprint.model().directory(), blueprint.open());
  }

  private Version timed(Kept kept, Weights weights) {
    return new Version(Subnet.of(blueprint, kept).config(blueprint), weights);
  }
}
