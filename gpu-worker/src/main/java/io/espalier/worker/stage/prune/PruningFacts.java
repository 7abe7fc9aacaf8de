package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.ScoredCandidate;
import io.espalier.worker.algorithm.prune.TimedTrial;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.PruningReport.Point;
import io.espalier.worker.stage.LoadingLines;
import io.espalier.worker.stage.MetricSpread;
import io.espalier.worker.stage.Opening;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * Facts of a pruning, in the form in which reports take it, whatever it went by.
 *
 * @param seed of everything random in it
 */
record PruningFacts(PruningOutcome<?> outcome, long seed, AlgorithmFacts algorithm) {

  /**
   * The facts, with what was said to whoever ordered the pruning.
   *
   * @param opening how the result is opened
   */
  PruningReport report(StageReport said, Opening opening) {
    return new PruningReport(
        algorithm.model(),
        setup(said),
        new PruningReport.Result(
            constraints(),
            MetricSpread.of(outcome.before(), outcome.after(), seed).of(said.metrics()),
            latencies(),
            LoadingLines.of(said.loadsIn(), opening)),
        new PruningReport.Choice(
            outcome.profile(),
            axes(),
            algorithm.units(),
            candidates(),
            solved().map(PruningFacts::search),
            solved().map(this::curve).orElse(PruningReport.Curve.none())),
        effort(),
        algorithm.reconstruction(),
        algorithm.data(),
        Optional.empty());
  }

  private List<PruningReport.Constraint> constraints() {
    return outcome.budget().bounds().stream()
        .map(
            bound ->
                new PruningReport.Constraint(bound, bound.quantity().of(outcome.after().cost())))
        .toList();
  }

  private PruningReport.Setup setup(StageReport said) {
    var facts = new ArrayList<>(algorithm.facts());
    Optional.ofNullable(said.change().get(StageReport.NOT_COUNTED))
        .map(kept -> PruningReport.Fact.of(StageReport.NOT_COUNTED, "kept, not counted", kept))
        .ifPresent(facts::add);
    facts.add(PruningReport.Fact.of("loadsIn", "opens in", String.join(", ", said.loadsIn())));
    Optional.ofNullable(said.change().get(StageReport.OPENING))
        .map(lines -> PruningReport.Fact.of(StageReport.OPENING, "by these lines", lines))
        .ifPresent(facts::add);
    if (!said.warnings().isEmpty()) {
      String all = String.join("; ", said.warnings());
      facts.add(PruningReport.Fact.of(StageReport.WARNINGS, "warnings", all));
    }
    return new PruningReport.Setup(
        said.algorithm(),
        said.algorithmVersion(),
        said.device(),
        seed,
        algorithm.objective(),
        algorithm.losses(),
        facts);
  }

  private List<AxisFacts> axes() {
    Map<String, List<Integer>> choices = new HashMap<>();
    for (Choices axis : algorithm.space().axes()) {
      choices.put(axis.axis().name(), axis.widths());
    }
    return algorithm.axes().stream()
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
        hasChoice ? algorithm.costs(axis) : List.of(),
        algorithm.width(axis),
        hasChoice ? algorithm.modelsScored(axis) : 0,
        algorithm.space().reason(axis));
  }

  private Optional<Solved> solved() {
    return outcome.decision() instanceof Solved solved ? Optional.of(solved) : Optional.empty();
  }

  private List<CandidateFacts> candidates() {
    if (!(outcome.decision() instanceof Compared compared)) {
      return List.of();
    }
    return IntStream.range(0, compared.candidates().size())
        .mapToObj(i -> candidate(compared.candidates().get(i), i == compared.chosen()))
        .toList();
  }

  private static CandidateFacts candidate(ScoredCandidate scored, boolean chosen) {
    return new CandidateFacts(
        scored.name(), scored.layers(), scored.cost(), scored.score(), chosen);
  }

  private static PruningReport.Search search(Solved solved) {
    Selection selection = solved.selection();
    return new PruningReport.Search(
        selection.loss(), selection.lowerBound(), selection.provenOptimal(), selection.steps());
  }

  private PruningReport.Curve curve(Solved solved) {
    List<Point> points =
        solved.curve().points().stream().map(point -> point(point.selection())).toList();
    return new PruningReport.Curve(
        points, Optional.of(point(solved.selection())), algorithm.measured());
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
        algorithm.modelsSkipped(),
        algorithm.modelsRemembered(),
        algorithm.reused());
  }

  private List<LatencyFacts> latencies() {
    if (outcome.profile().isEmpty() || !Quantity.LATENCY.isKnownIn(outcome.profile().get().max())) {
      return List.of();
    }
    var latencies = new ArrayList<LatencyFacts>();
    latencies.add(latency("original", outcome.profile().get().max(), outcome.before()));
    for (int i = 0; i < outcome.trials().size(); i++) {
      latencies.add(candidate(i + 1, outcome.trials().get(i)));
    }
    latencies.add(latency("result", outcome.decision().foretold(), outcome.after()));
    return latencies;
  }

  private static LatencyFacts candidate(int number, TimedTrial trial) {
    String verdict = trial.holds() ? "within the bound" : "too slow";
    return new LatencyFacts(
        "candidate %d%s, %s"
            .formatted(number, trial.name().map(" (%s)"::formatted).orElse(""), verdict),
        OptionalDouble.of(Quantity.LATENCY.inUnit(trial.foretoldNanos())),
        OptionalDouble.of(trial.measured().medianMillis()),
        Optional.of(MetricSpread.range(trial.measured())));
  }

  private static LatencyFacts latency(String model, Cost foretold, MeasuredModel measured) {
    OptionalDouble millis =
        measured.latency().stream().mapToDouble(Latency::medianMillis).findFirst();
    return new LatencyFacts(
        model,
        OptionalDouble.of(Quantity.LATENCY.inUnit(foretold.latencyNanos())),
        millis,
        measured.latency().map(MetricSpread::range));
  }
}
