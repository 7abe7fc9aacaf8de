package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMeasure;
import io.espalier.worker.algorithm.evaluate.TextTally;
import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.prune.Candidate;
import io.espalier.worker.algorithm.prune.Candidates;
import io.espalier.worker.algorithm.prune.Candidates.LatencyRange;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.algorithm.prune.LatencyStore;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
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
  private static final int LATENCY_REPETITIONS = 50;
  private static final int WARM_UP_REPETITIONS = 10;

  /**
   * How a model was found.
   *
   * @param cost what it costs, latency as it was measured
   * @param measures how good it is
   * @param latency how fast it is
   */
  public record Measured(Cost cost, List<TextMeasure> measures, Latency latency) {
    /** A model; the list is copied. */
    public Measured {
      measures = List.copyOf(measures);
    }
  }

  /**
   * What came out.
   *
   * @param before the model that went in
   * @param after the model that came out
   * @param samples answers, texts or tokens that both were measured on
   * @param selection the widths that were chosen, with their cost as it was foretold
   * @param kept the units that stay
   * @param model what is known of the result's files
   * @param budget what was allowed in numbers
   * @param scores of the units
   * @param seconds time by phase, in the order of the work
   * @param device the device it ran on, in words
   */
  public record Result(
      Measured before,
      Measured after,
      long samples,
      Selection selection,
      Kept kept,
      TextModel model,
      Budget budget,
      UnitScores scores,
      Map<String, Double> seconds,
      String device) {}

  private final GradNasPlan plan;
  private final Constraints constraints;
  private final GradNasSettings settings;
  private final TextDataset search;
  private final TextDataset judge;
  private final Optional<LatencyBound> latencyBound;
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
    this.plan = plan;
    this.constraints = constraints;
    this.settings = settings;
    this.search = search;
    this.judge = judge;
    this.latencyBound =
        Optional.ofNullable(constraints.limits().get(Quantity.LATENCY)).map(LatencyBound::new);
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
      TextTally before =
          phases.time("original", () -> tally("measuring the original", model, original));
      UnitScores scores =
          phases.time("gradients", () -> gradNas.measure(original, checkpoints, progress));
      var cutting =
          new TextCutting(
              plan,
              costs,
              gradNas.sensitivities(scores, plan.space(), plan.layout()),
              ChannelOrder.by(model.architecture(), scores.byAxis()),
              settings.objective(),
              phases);
      var candidates =
          new Candidates<>(
              cutting, LatencyRange.of(plan.space(), costs), latencyBound, this::latencies, phases);
      Candidate<TextModel> found = candidates.settle(budget, original, output);
      if (plan.output() != OutputMode.ZERO_PADDED) { // that costs what it did: it is for looking at
        FileCosts.requireWithin(budget, cost(found.cut(), found.result()), output);
      }
      TextTally after = phases.time("result", () -> result(found.cut(), manager));
      return new Result(
          new Measured(cost(model, found.original()), before.measures(before), found.original()),
          new Measured(cost(found.cut(), found.result()), after.measures(before), found.result()),
          after.samples(),
          found.selection(),
          found.kept(),
          found.cut(),
          latencyBound.map(bound -> bound.measured(budget, found.original())).orElse(budget),
          scores,
          phases.seconds(),
          PyTorch.device());
    }
  }

  private CostModel costs(Weights original, Path checkpoints) {
    if (latencyBound.isEmpty()) {
      return plan.costs();
    }
    var profile =
        new LatencyProfile(
            plan.space(),
            plan.costs(),
            new LayerTimer(),
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
      latencies(WARM_UP_REPETITIONS, widest, narrowest);
      return latencies(WARM_UP_REPETITIONS, widest, narrowest);
    }
  }

  private List<Latency> latencies(Weights one, Weights other) {
    progress.report(Progress.of("measuring latency", 0, 0));
    return latencies(LATENCY_REPETITIONS, one, other);
  }

  private List<Latency> latencies(int repetitions, Weights one, Weights other) {
    return TextEvaluation.latencies(
        plan.model().network(), List.of(one, other), repetitions, plan.model().tokens());
  }

  private TextTally tally(String phase, TextModel model, Weights weights) {
    return TextEvaluation.tally(
        model.network(),
        weights,
        judge,
        settings.batchSize(),
        step -> progress.report(new Progress(phase, step.done(), step.total(), step.values())));
  }

  private TextTally result(TextModel cut, NDManager manager) {
    try (Weights weights = Weights.load(cut.directory(), cut.architecture(), manager)) {
      return tally("measuring the result", cut, weights);
    }
  }

  private static Cost cost(TextModel model, Latency latency) {
    Cost exact =
        FileCosts.whole(FileCosts.of(model.architecture(), model.directory()), model.directory());
    return exact.asFound(exact.bytes(), LatencyBound.nanos(latency));
  }
}
