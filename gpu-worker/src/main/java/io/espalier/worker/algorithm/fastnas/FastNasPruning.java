package io.espalier.worker.algorithm.fastnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.prune.ChosenCut;
import io.espalier.worker.algorithm.prune.CompletedCut;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FinishedPruning;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.algorithm.prune.LatencyStore;
import io.espalier.worker.algorithm.prune.LoadedModels;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.PruningSession;
import io.espalier.worker.algorithm.prune.PruningSteps;
import io.espalier.worker.algorithm.prune.SearchBudget;
import io.espalier.worker.algorithm.prune.WidthCutting;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A pruning from files to files: measures the model, searches, cuts the files, solves anew for what
 * reads cut channels, calibrates BatchNorm, and measures the result as it lies on disk.
 *
 * <p>If latency is bounded, layers are timed first, and the widths that are chosen are tried on the
 * device: the measured time decides, and as long as it is over the bound the search is asked for a
 * faster model.
 */
public final class FastNasPruning {
  /**
   * Result.
   *
   * @param outcome as any pruning has it
   * @param reconstruction what was solved for; empty if nothing was to be
   * @param calibrationImages images that BatchNorm was calibrated on
   * @param sensitivity what each width of each axis loses
   * @param remembered of the models that were scored for that, those of an earlier pruning
   * @param tried candidates that were compared once they had learned; none if none learned
   */
  public record Result(
      PruningOutcome<Solved> outcome,
      Optional<Reconstruction> reconstruction,
      int calibrationImages,
      SensitivityMap sensitivity,
      int remembered,
      List<TriedWidths> tried) {}

  private final FastNasPlan plan;
  private final Constraints constraints;
  private final Optional<LatencyBound> latencyBound;
  private final FastNasSettings settings;
  private final ImageDataset search;
  private final FastNas fastNas;
  private final ModelMeasurement measuring;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model.
   *
   * @param search images that the search scores and calibrates on
   * @param judge images that before and after are measured on
   */
  public FastNasPruning(
      FastNasPlan plan,
      Constraints constraints,
      FastNasSettings settings,
      ImageDataset search,
      ImageDataset judge,
      Progress.Listener progress) {
    this.plan = plan;
    this.constraints = constraints;
    this.latencyBound = LatencyBound.of(constraints);
    this.settings = settings;
    this.search = search;
    this.fastNas = new FastNas(plan, settings, search);
    this.measuring = new ModelMeasurement(plan.family(), judge, settings.batchSize(), progress);
    this.progress = progress;
  }

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @param checkpoints directory for sensitivity maps and times of layers, which a later pruning
   *     continues or reuses
   * @throws io.espalier.worker.domain.InfeasibleException if no model is within the constraints
   * @throws WorkerException if the device cannot be timed, or a score is no number
   */
  public Result run(Path output, Path checkpoints) {
    try (NDManager manager = PyTorch.newManager();
        Weights original = Weights.load(plan.model(), plan.architecture(), manager)) {
      FastNasPlan costed = withLatency(original, checkpoints);
      Budget budget = constraints.budget(costed.whole());
      budget.requireReachable(plan.space(), costed.costs());
      ImageMetrics before =
          phases.time("original", () -> measuring.tally("measuring the original", original));
      var session = new Session(costed, budget, original, before, checkpoints);
      FinishedPruning<SensitivityMap, FastNasPlan, Solved> pruned =
          new PruningSteps(latencyBound, phases).run(session, output);
      return new Result(
          pruned.outcome(),
          pruned.reconstruction(),
          session.completion.calibrationImages(),
          pruned.scores(),
          fastNas.remembered(),
          session.tried);
    }
  }

  /** The plan with latencies, if they are bounded. */
  private FastNasPlan withLatency(Weights original, Path checkpoints) {
    if (latencyBound.isEmpty()) {
      return plan;
    }
    var profile =
        new LatencyProfile(
            plan.space(),
            plan.costs(),
            new LayerTimer()::nanos,
            new LatencyStore(checkpoints),
            PyTorch.device());
    return plan.withLatency(
        phases.time("timing layers", () -> profile.measure(measuring.models(original), progress)));
  }

  /** The pruning once the original is measured. */
  private final class Session implements PruningSession<SensitivityMap, FastNasPlan, Solved> {
    private final FastNasPlan costed;
    private final Budget budget;
    private final Weights original;
    private final ImageMetrics before;
    private final Path checkpoints;
    private final CutCompletion completion;
    private List<TriedWidths> tried = List.of();

    Session(
        FastNasPlan costed,
        Budget budget,
        Weights original,
        ImageMetrics before,
        Path checkpoints) {
      this.costed = costed;
      this.budget = budget;
      this.original = original;
      this.before = before;
      this.checkpoints = checkpoints;
      this.completion =
          new CutCompletion(
              settings,
              search,
              original,
              plain -> judgement("measuring the plain cut", plain),
              checkpoints,
              progress);
    }

    @Override
    public SearchBudget budget() {
      return SearchBudget.of(costed.space(), costed.costs(), costed.whole(), budget);
    }

    @Override
    public Judgement original() {
      return before.judgement(before);
    }

    @Override
    public SensitivityMap score() {
      return phases.time("sensitivity", () -> fastNas.measure(original, checkpoints, progress));
    }

    @Override
    public ChosenCut<FastNasPlan, Solved> choose(SensitivityMap map, Path output) {
      var cutting = new SensitivityCutting(costed, fastNas, map, phases);
      if (settings.rankAfter().isEmpty()) {
        return settled(map, cutting, output);
      }
      var learned =
          new LearnedCutting(
              cutting, settings, original, completion, search, checkpoints, progress);
      ChosenCut<FastNasPlan, Solved> chosen = settled(map, learned, output);
      tried = learned.tried();
      return chosen;
    }

    private ChosenCut<FastNasPlan, Solved> settled(
        SensitivityMap map, WidthCutting<FastNasPlan> cutting, Path output) {
      WrittenCandidate<Selection, FastNasPlan> found =
          new CandidateSearch<>(
                  cutting,
                  LatencyRange.of(costed.space(), costed.costs()),
                  latencyBound,
                  new LoadedModels<>(original, FastNasPruning::load, measuring::latencies),
                  phases)
              .settle(budget, output);
      Quantity quantity = budget.bounds().get(0).quantity(); // what is asked for first
      return phases.time(
          "other budgets",
          () ->
              new ChosenCut<>(
                  found,
                  found.cut().whole(),
                  new Solved(found.choice(), fastNas.curve(map, costed.costs(), quantity))));
    }

    @Override
    public CompletedCut complete(SensitivityMap map, WrittenCandidate<?, FastNasPlan> found) {
      boolean reconstructs = settings.reconstruct() != ReconstructionMode.OFF;
      return phases.time(
          reconstructs ? "reconstruction" : "calibration",
          () -> completion.complete(found.cut(), found.kept()));
    }

    @Override
    public Judgement result(FastNasPlan cut) {
      try (Weights result = load(cut)) {
        return judgement("measuring the result", result);
      }
    }

    private Judgement judgement(String phase, Weights version) {
      return measuring.tally(phase, version).judgement(before);
    }
  }

  private static Weights load(FastNasPlan cut) {
    return Weights.load(cut.model(), cut.architecture());
  }
}
