package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.algorithm.prune.LatencyStore;
import io.espalier.worker.algorithm.prune.LoadedModels;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pruning from files to files: measures the model, scores its units by gradients, searches, cuts
 * the files, and measures the result as it lies on disk.
 */
public final class GradNasPruning {
  /**
   * Result.
   *
   * @param outcome as any pruning has it
   * @param model what is known of the result's files
   * @param scores of the units, as they were measured
   * @param sequences that they were measured on
   * @param losses what each width of each axis of the search loses
   * @param reconstruction what was solved for; empty if nothing was to be
   */
  public record Result(
      PruningOutcome<Solved> outcome,
      TextModel model,
      UnitScores scores,
      int sequences,
      Sensitivities losses,
      Optional<Reconstruction> reconstruction) {}

  private final GradNasPlan plan;
  private final Constraints constraints;
  private final GradNasSettings settings;
  private final TextDataset search;
  private final TextDataset judge;
  private final Optional<LatencyBound> latencyBound;
  private final TextTiming timing;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model.
   *
   * @param search what gradients are measured on
   * @param judge what before and after are measured on
   */
  public GradNasPruning(
      GradNasPlan plan,
      Constraints constraints,
      GradNasSettings settings,
      TextDataset search,
      TextDataset judge,
      Progress.Listener progress) {
    this(
        plan,
        constraints,
        settings,
        search,
        judge,
        TextTiming.onDevice(plan.model().tokens()),
        progress);
  }

  GradNasPruning(
      GradNasPlan plan,
      Constraints constraints,
      GradNasSettings settings,
      TextDataset search,
      TextDataset judge,
      TextTiming timing,
      Progress.Listener progress) {
    this.plan = plan;
    this.constraints = constraints.ofSequences(plan.model().tokens());
    this.settings = settings;
    this.search = search;
    this.judge = judge;
    this.latencyBound = LatencyBound.of(constraints);
    this.timing = timing;
    this.progress = progress;
  }

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @param checkpoints directory for scores and times of layers, which a later pruning continues or
   *     reuses
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the constraints
   * @throws WorkerException if the device cannot be timed
   */
  public Result run(Path output, Path checkpoints) {
    TextModel model = plan.model();
    var gradNas = new GradNas(model, settings, search);
    try (NDManager manager = PyTorch.newManager();
        Weights original = Weights.load(model.directory(), model.architecture(), manager)) {
      CostModel costs = costs(original, checkpoints);
      Budget budget = constraints.budget(FileCosts.whole(costs, model.directory()));
      budget.requireReachable(plan.space(), costs);
      TextMetrics before =
          phases.time("original", () -> tally("measuring the original", model, original));
      UnitScores scores =
          phases.time("gradients", () -> gradNas.measure(original, checkpoints, progress));
      Sensitivities losses = gradNas.sensitivities(scores, plan.space(), plan.layout());
      var search = new Search(costs, budget, scores, losses);
      WrittenCandidate<Selection, TextModel> found =
          candidates(search, original).settle(budget, output);
      if (plan.output() != OutputMode.ZERO_PADDED) { // that costs what it did: it is for looking at
        FileCosts.requireWithin(budget, cost(found.cut()), output);
      }
      Optional<TextCompletion.Completed> completed =
          phases.time("reconstruction", () -> complete(original, found.cut(), checkpoints));
      TextMetrics after = phases.time("result", () -> result(found.cut(), manager));
      return new Result(
          outcome(
              search,
              found,
              new TextJudgement(before, after, completed.map(TextCompletion.Completed::plain))),
          found.cut(),
          scores,
          Math.min(scores.batches() * settings.batchSize(), this.search.size()),
          losses,
          completed.map(TextCompletion.Completed::reconstruction));
    }
  }

  /** Solves anew for what writes to the stream, unless it is to stay as it was cut. */
  private Optional<TextCompletion.Completed> complete(
      Weights original, TextModel cut, Path checkpoints) {
    return new TextCompletion(plan, settings, search, checkpoints, progress)
        .complete(original, cut, weights -> tally("measuring the plain cut", cut, weights));
  }

  /** Basis of choices. */
  private record Search(CostModel costs, Budget budget, UnitScores scores, Sensitivities losses) {}

  private CandidateSearch<Selection, TextModel> candidates(Search search, Weights original) {
    var cutting =
        new TextCutting(
            plan,
            search.costs(),
            search.losses(),
            ChannelOrder.by(plan.model().architecture(), search.scores().byAxis()),
            settings.objective(),
            phases);
    return new CandidateSearch<>(
        cutting,
        LatencyRange.of(plan.space(), search.costs()),
        latencyBound,
        new LoadedModels<>(
            original,
            cut -> Weights.load(cut.directory(), cut.architecture()),
            (one, other) -> latencies(List.of(one, other))),
        phases);
  }

  private PruningOutcome<Solved> outcome(
      Search search, WrittenCandidate<Selection, TextModel> found, TextJudgement judged) {
    Budget budget = search.budget();
    Cost whole = FileCosts.whole(search.costs(), plan.model().directory());
    return new PruningOutcome<>(
        MeasuredModel.of(cost(plan.model()), judged.before(), found.original())
            .with(judged.samplesBefore()),
        MeasuredModel.of(cost(found.cut()), judged.after(), found.result())
            .with(judged.samplesAfter()),
        judged.result().samples(),
        new Solved(found.choice(), phases.time("other budgets", () -> curve(search))),
        found.kept(),
        found.trials(),
        Optional.of(Profile.of(plan.space(), search.costs(), whole, Optional.of(budget))),
        LatencyBound.measured(latencyBound, budget, found.original()),
        phases.seconds(),
        PyTorch.device());
  }

  /** By the quantity that is asked for first. */
  private Curve curve(Search search) {
    Quantity quantity = search.budget().bounds().get(0).quantity();
    return Curve.of(plan.space(), search.costs(), quantity, search.losses(), settings.objective());
  }

  private CostModel costs(Weights original, Path checkpoints) {
    if (latencyBound.isEmpty()) {
      return plan.costs();
    }
    var profile =
        new LatencyProfile(
            plan.space(),
            plan.costs(),
            timing::nanos,
            new LatencyStore(checkpoints),
            PyTorch.device());
    return plan.costs()
        .withLatency(
            phases.time(
                "timing layers",
                () -> profile.measure((one, other) -> whole(original, one, other), progress)));
  }

  /** Times versions of the model in memory, whichever units they have. */
  private List<Latency> whole(Weights original, Widths one, Widths other) {
    var first = new ChannelOrder(original.architecture(), Map.of());
    try (Weights widest = original.keep(first.kept(plan.layout().spread(one)));
        Weights narrowest = original.keep(first.kept(plan.layout().spread(other)))) {
      return timing.warmedUp(timed(List.of(widest, narrowest)));
    }
  }

  private List<Latency> latencies(List<Weights> versions) {
    progress.report(Progress.of("measuring latency", 0, 0));
    return timing.latencies(timed(versions), TextTiming.REPETITIONS);
  }

  private List<Timed> timed(List<Weights> versions) {
    return versions.stream().map(each -> new Timed(plan.model().network(), each)).toList();
  }

  private TextMetrics tally(String phase, TextModel model, Weights weights) {
    return TextEvaluation.tally(
        model.network(),
        weights,
        judge,
        settings.batchSize(),
        step -> progress.report(new Progress(phase, step.done(), step.total(), step.values())));
  }

  private TextMetrics result(TextModel cut, NDManager manager) {
    try (Weights weights = Weights.load(cut.directory(), cut.architecture(), manager)) {
      return tally("measuring the result", cut, weights);
    }
  }

  private static Cost cost(TextModel model) {
    return FileCosts.whole(
        FileCosts.of(model.architecture(), model.directory()), model.directory());
  }
}
