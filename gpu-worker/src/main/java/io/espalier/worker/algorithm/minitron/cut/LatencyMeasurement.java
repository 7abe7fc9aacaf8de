package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.minitron.space.LatencyForecast;
import io.espalier.worker.algorithm.minitron.space.UniformSpace;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.algorithm.prune.LatencyStore;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.LatencyModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Finds out how long subnets take: from times of single layers, as all algorithms do, and where
 * layers may go from the time of a model with the fewest of them. What that takes less than by its
 * matrices alone is what each layer has of the time that no width changes.
 *
 * @param options the subnets
 * @param costs of subnets with all layers
 */
public record LatencyMeasurement(
    CandidateSpace.Searched options, CostModel costs, SubnetTiming timing) {
  /**
   * The forecast.
   *
   * @param checkpoints directory for times of layers
   * @throws io.espalier.worker.domain.WorkerException if the device cannot be timed
   */
  public LatencyForecast measure(Path checkpoints, Progress.Listener progress) {
    var profile =
        new LatencyProfile(
            options.space(),
            costs,
            timing.device()::nanos,
            new LatencyStore(checkpoints),
            PyTorch.device());
    LatencyModel model =
        profile.measure(
            (one, other) -> timing.warmedUp(options.first(one), options.first(other)), progress);
    return new LatencyForecast(model, layerNanos(model));
  }

  private long layerNanos(LatencyModel model) {
    NetworkBlueprint blueprint = timing.blueprint();
    int all = blueprint.blocks().size();
    int fewest = options.fewestLayers();
    if (fewest == all) {
      return 0;
    }
    List<Latency> both = timing.warmedUp(Kept.all(), firstLayers(fewest));
    long saved = LatencyBound.nanos(both.get(0)) - LatencyBound.nanos(both.get(1));
    long each = saved / (all - fewest) - matrices(model) / all;
    return Math.max(0, Math.min(model.fixedNanos() / all, each));
  }

  /** Returns what the matrices of all layers are foretold to take. */
  private long matrices(LatencyModel model) {
    var inLayers = new LinkedHashMap<>(model.layers());
    inLayers
        .keySet()
        .removeIf(
            name -> timing.blueprint().blocks().stream().noneMatch(b -> name.startsWith(b + ".")));
    return costs
        .withLatency(new LatencyModel(0, model.scale(), inLayers))
        .cost(Widths.all())
        .latencyNanos();
  }

  private Kept firstLayers(int count) {
    int[] layers = IntStream.range(0, count).toArray();
    return new Kept(Map.of(UniformSpace.layers(timing.blueprint()).name(), layers));
  }
}
