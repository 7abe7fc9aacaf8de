package io.espalier.worker.stage;

import io.espalier.worker.algorithm.fastnas.Measured;
import io.espalier.worker.algorithm.fastnas.Plan;
import io.espalier.worker.algorithm.fastnas.Pruning;
import io.espalier.worker.algorithm.fastnas.SensitivityMap;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.report.PruningReport;
import io.espalier.worker.report.PruningReport.AxisFacts;
import io.espalier.worker.report.PruningReport.LatencyFacts;
import io.espalier.worker.report.PruningReport.Measurement;
import io.espalier.worker.report.PruningReport.Point;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What is told of a pruning, in the form in which reports take it.
 *
 * @param images how many images the search had
 */
record PruningFacts(StageJob job, PruneSpec spec, Plan plan, Pruning.Result pruned, int images) {

  /** The facts, with what was said to whoever ordered the pruning. */
  PruningReport report(StageReport said) {
    return new PruningReport(
        model(),
        setup(said),
        pruned.budget().bounds().stream()
            .map(
                bound ->
                    new PruningReport.Constraint(bound, bound.quantity().of(pruned.after().cost())))
            .toList(),
        said.metrics(),
        pruned.profile(),
        axes(),
        curve(),
        effort(),
        latencies());
  }

  private PruningReport.Model model() {
    return new PruningReport.Model(
        plan.architecture().name(),
        plan.architecture().name(),
        plan.family().name(),
        Optional.of(plan.model().rootDigest()));
  }

  private PruningReport.Setup setup(StageReport said) {
    var settings = spec.settings(job.seed());
    return new PruningReport.Setup(
        said.algorithm(),
        said.algorithmVersion(),
        said.device(),
        job.seed(),
        spec.objective().key(),
        PruneSpec.word(spec.score()),
        spec.importance().key(),
        pruned.calibrationImages(),
        Math.min(images, settings.scoreImages()));
  }

  private List<AxisFacts> axes() {
    Map<String, List<Integer>> choices = new HashMap<>();
    for (Choices axis : plan.space().axes()) {
      choices.put(axis.axis().name(), axis.widths());
    }
    return plan.architecture().axes().stream()
        .map(axis -> facts(axis, choices.getOrDefault(axis.name(), List.of(axis.units()))))
        .toList();
  }

  private AxisFacts facts(Axis axis, List<Integer> choices) {
    Optional<SensitivityMap.Entry> measured =
        Optional.ofNullable(pruned.sensitivity().axes().get(axis.name()))
            .filter(entry -> choices.size() > 1);
    return new AxisFacts(
        axis.name(),
        axis.units(),
        choices,
        measured.map(SensitivityMap.Entry::losses).orElse(List.of()),
        pruned.kept().width(axis),
        measured.map(SensitivityMap.Entry::evaluations).orElse(0),
        plan.space().reason(axis));
  }

  private PruningReport.Curve curve() {
    List<Point> points =
        pruned.curve().points().stream()
            .map(point -> new Point(point.selection().cost(), point.selection().loss()))
            .toList();
    var chosen = new Point(pruned.selection().cost(), pruned.selection().loss());
    double original = score(pruned.before());
    boolean comparable = Double.isFinite(original);
    List<Measurement> measured =
        comparable
            ? List.of(
                measurement("original", pruned.before(), original),
                measurement("result", pruned.after(), original))
            : List.of();
    return new PruningReport.Curve(points, Optional.of(chosen), measured);
  }

  private Measurement measurement(String name, Measured measured, double original) {
    double score = score(measured);
    return new Measurement(name, measured.cost(), score, original - score);
  }

  /** The score that the search went by, on the data of before and after. */
  private double score(Measured measured) {
    return switch (spec.score()) {
      case ACCURACY -> measured.quality().accuracy();
      case LOSS -> -measured.quality().loss();
      case AGREEMENT -> Double.NaN; // measured on the images of the search only
    };
  }

  private PruningReport.Effort effort() {
    SensitivityMap map = pruned.sensitivity();
    return new PruningReport.Effort(
        pruned.seconds().entrySet().stream()
            .map(phase -> new PruningReport.Phase(phase.getKey(), phase.getValue()))
            .toList(),
        map.evaluations(),
        OptionalDouble.of(Math.max(0, 1 - map.passes() / map.evaluations())));
  }

  private List<LatencyFacts> latencies() {
    return Quantity.LATENCY.isKnownIn(pruned.profile().max())
        ? List.of(
            latency("original", pruned.profile().max(), pruned.before()),
            latency("result", pruned.selection().cost(), pruned.after()))
        : List.of();
  }

  private static LatencyFacts latency(String model, Cost foretold, Measured measured) {
    return new LatencyFacts(
        model,
        OptionalDouble.of(Quantity.LATENCY.inUnit(foretold.latencyNanos())),
        OptionalDouble.of(measured.latency().medianMillis()));
  }
}
