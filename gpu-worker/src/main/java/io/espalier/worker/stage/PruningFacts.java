package io.espalier.worker.stage;

import io.espalier.worker.algorithm.prune.Measured;
import io.espalier.worker.algorithm.prune.Outcome;
import io.espalier.worker.algorithm.prune.Trial;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.report.PruningReport;
import io.espalier.worker.report.PruningReport.AxisFacts;
import io.espalier.worker.report.PruningReport.LatencyFacts;
import io.espalier.worker.report.PruningReport.Point;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is told of a pruning, in the form in which reports take it, whatever it went by.
 *
 * @param seed of everything random in it
 */
record PruningFacts(Outcome outcome, long seed, AlgorithmFacts algorithm) {

  /** The facts, with what was said to whoever ordered the pruning. */
  PruningReport report(StageReport said) {
    return new PruningReport(
        algorithm.model(),
        setup(said),
        outcome.budget().bounds().stream()
            .map(
                bound ->
                    new PruningReport.Constraint(
                        bound, bound.quantity().of(outcome.after().cost())))
            .toList(),
        said.metrics(),
        outcome.profile(),
        axes(),
        algorithm.units(),
        Optional.of(search()),
        curve(),
        effort(),
        latencies());
  }

  private PruningReport.Setup setup(StageReport said) {
    return new PruningReport.Setup(
        said.algorithm(),
        said.algorithmVersion(),
        said.device(),
        seed,
        outcome.selection().objective().key(),
        algorithm.losses(),
        algorithm.facts());
  }

  private List<AxisFacts> axes() {
    Map<String, List<Integer>> choices = new HashMap<>();
    for (Choices axis : algorithm.space().axes()) {
      choices.put(axis.axis().name(), axis.widths());
    }
    return algorithm.space().architecture().axes().stream()
        .map(axis -> facts(axis, choices.getOrDefault(axis.name(), List.of(axis.units()))))
        .toList();
  }

  private AxisFacts facts(Axis axis, List<Integer> choices) {
    boolean hasChoice = choices.size() > 1;
    return new AxisFacts(
        axis.name(),
        algorithm.kind(axis),
        axis.units(),
        choices,
        hasChoice ? algorithm.losses(axis) : List.of(),
        outcome.selection().widths().of(axis),
        hasChoice ? algorithm.modelsScored(axis) : 0,
        algorithm.space().reason(axis));
  }

  private PruningReport.Search search() {
    Selection selection = outcome.selection();
    return new PruningReport.Search(
        selection.loss(), selection.lowerBound(), selection.provenOptimal(), selection.steps());
  }

  private PruningReport.Curve curve() {
    List<Point> points =
        outcome.curve().points().stream().map(point -> point(point.selection())).toList();
    return new PruningReport.Curve(
        points, Optional.of(point(outcome.selection())), algorithm.measured());
  }

  private static Point point(Selection selection) {
    return new Point(selection.cost(), selection.loss());
  }

  private PruningReport.Effort effort() {
    return new PruningReport.Effort(
        outcome.seconds().entrySet().stream()
            .map(phase -> new PruningReport.Phase(phase.getKey(), phase.getValue()))
            .toList(),
        algorithm.modelsScored(),
        algorithm.reused());
  }

  private List<LatencyFacts> latencies() {
    if (!Quantity.LATENCY.isKnownIn(outcome.profile().max())) {
      return List.of();
    }
    var latencies = new ArrayList<LatencyFacts>();
    latencies.add(latency("original", outcome.profile().max(), outcome.before()));
    for (int i = 0; i < outcome.trials().size(); i++) {
      latencies.add(candidate(i + 1, outcome.trials().get(i)));
    }
    latencies.add(latency("result", outcome.selection().cost(), outcome.after()));
    return latencies;
  }

  private static LatencyFacts candidate(int number, Trial trial) {
    String verdict = trial.holds() ? "within the bound" : "too slow";
    return new LatencyFacts(
        "candidate %d, %s".formatted(number, verdict),
        OptionalDouble.of(Quantity.LATENCY.inUnit(trial.foretoldNanos())),
        OptionalDouble.of(trial.measured().medianMillis()));
  }

  private static LatencyFacts latency(String model, Cost foretold, Measured measured) {
    return new LatencyFacts(
        model,
        OptionalDouble.of(Quantity.LATENCY.inUnit(foretold.latencyNanos())),
        OptionalDouble.of(measured.latency().medianMillis()));
  }
}
