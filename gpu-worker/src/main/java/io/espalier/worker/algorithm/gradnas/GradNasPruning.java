package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.gradnas.GradNasSubject.Baseline;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.ChosenCut;
import io.espalier.worker.algorithm.prune.CompletedCut;
import io.espalier.worker.algorithm.prune.CutFiles;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FileCosts;
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
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.prune.VersionTiming;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.reconstruct.transformer.StackPasses;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction.Storage;
import io.espalier.worker.algorithm.reconstruct.transformer.UnitResiduals;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.LayerStack;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A pruning from files to files: measures the model, scores its units by gradients, searches, cuts
 * the files, and measures the result as it lies on disk.
 *
 * @param <M> what is known of the model's files
 */
public final class GradNasPruning<M extends MaskableModel> {
  /**
   * Result.
   *
   * @param outcome as any pruning has it
   * @param model what is known of the result's files
   * @param scores of the units, as they were measured
   * @param samples sequences or images that they were measured on
   * @param losses what each width of each axis of the search loses
   * @param reconstruction what was solved for; empty if nothing was to be
   */
  public record Result(
      PruningOutcome<Solved> outcome,
      MaskableModel model,
      UnitScores scores,
      int samples,
      Sensitivities losses,
      Optional<Reconstruction> reconstruction) {}

  /** Samples of a batch of which one is held out. */
  private static final int FEWEST = 4;

  /** Bound of hidden states in memory while layers are solved for. */
  private static final long STATE_BYTES = 1L << 30;

  /** Changes whenever what is solved for may. */
  private static final String RECONSTRUCTION = "1";

  private final GradNasPlan plan;
  private final Constraints constraints;
  private final GradNasSettings settings;
  private final GradNasSubject<M> subject;
  private final Optional<LatencyBound> latencyBound;
  private final VersionTiming timing;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model.
   *
   * @param subject that model with its data
   */
  public GradNasPruning(
      GradNasPlan plan,
      Constraints constraints,
      GradNasSettings settings,
      GradNasSubject<M> subject,
      Progress.Listener progress) {
    this.plan = plan;
    this.constraints = plan.budgeted(constraints);
    this.settings = settings;
    this.subject = subject;
    this.latencyBound = LatencyBound.of(constraints);
    this.timing = subject.timing();
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
    M model = subject.model();
    try (NDManager manager = PyTorch.newManager();
        Weights original = Weights.load(model.directory(), model.architecture(), manager)) {
      CostModel costs = costs(original, checkpoints);
      Budget budget = constraints.budget(FileCosts.whole(costs, model.directory()));
      budget.requireReachable(plan.space(), costs);
      Baseline<M> before = phases.time("original", () -> baseline(original));
      var session = new Session(costs, budget, original, before, checkpoints);
      FinishedPruning<UnitScores, M, Solved> pruned =
          new PruningSteps(latencyBound, phases).run(session, output);
      UnitScores scores = pruned.scores();
      return new Result(
          pruned.outcome(),
          pruned.cut(),
          scores,
          Math.min(scores.batches() * settings.batchSize(), session.data.size()),
          session.losses(scores),
          pruned.reconstruction());
    }
  }

  /**
   * Returns whether models are solved for anew.
   *
   * @param form of the result, if it is said
   */
  public static boolean isReconstructing(
      ReconstructionMode mode, Optional<OutputMode> form, MaskableModel model) {
    return mode != ReconstructionMode.OFF
        && !form.equals(Optional.of(OutputMode.ZERO_PADDED))
        && model.network() instanceof LayerStack;
  }

  /** The pruning once the original is measured. */
  private final class Session implements PruningSession<UnitScores, M, Solved> {
    private final CostModel costs;
    private final Budget budget;
    private final Weights original;
    private final Baseline<M> before;
    private final Path checkpoints;
    private final LossData data = subject.search(settings.seed());
    private final GradNas gradNas = new GradNas(subject.model(), settings, data);

    Session(
        CostModel costs, Budget budget, Weights original, Baseline<M> before, Path checkpoints) {
      this.costs = costs;
      this.budget = budget;
      this.original = original;
      this.before = before;
      this.checkpoints = checkpoints;
    }

    @Override
    public SearchBudget budget() {
      Cost whole = FileCosts.whole(costs, plan.model().directory());
      SearchBudget all = SearchBudget.of(plan.space(), costs, whole, budget);
      return plan.output() == OutputMode.ZERO_PADDED ? all.ofSearchOnly() : all;
    }

    @Override
    public Judgement original() {
      return before.original();
    }

    @Override
    public UnitScores score() {
      return phases.time("gradients", () -> gradNas.measure(original, checkpoints, progress));
    }

    private Sensitivities losses(UnitScores scores) {
      return gradNas.sensitivities(scores, plan.space(), plan.layout());
    }

    @Override
    public ChosenCut<M, Solved> choose(UnitScores scores, Path output) {
      Sensitivities losses = losses(scores);
      WrittenCandidate<Selection, M> found =
          new CandidateSearch<>(
                  cutting(scores, losses),
                  LatencyRange.of(plan.space(), costs),
                  latencyBound,
                  new LoadedModels<>(
                      original,
                      cut -> Weights.load(cut.directory(), cut.architecture()),
                      (one, other) -> latencies(List.of(one, other))),
                  phases)
              .settle(budget, output);
      Curve curve = phases.time("other budgets", () -> curve(losses));
      return new ChosenCut<>(found, cost(found.cut()), new Solved(found.choice(), curve));
    }

    private UnitCutting<M> cutting(UnitScores scores, Sensitivities losses) {
      return new UnitCutting<>(
          subject::open,
          plan,
          costs,
          losses,
          ChannelOrder.by(plan.model().architecture(), ranks(scores)),
          settings.objective(),
          phases);
    }

    /** Decides in which order the units of each layer stay. */
    private Map<String, double[]> ranks(UnitScores scores) {
      return settings.ranking() == UnitRanking.RESIDUAL
          ? phases.time("residuals", () -> residuals(scores)).byAxis()
          : scores.byAxis();
    }

    /** What the projections lose without units: measured, or found whole. */
    private UnitScores residuals(UnitScores scores) {
      Storage storage = storage(fingerprint("residuals", scores));
      var store = new UnitScoreStore(checkpoints, plan.model().architecture().prunableAxes());
      return store
          .load(storage.fingerprint(), 1)
          .orElseGet(
              () -> {
                var residuals = new UnitResiduals(passes().orElseThrow(), original);
                var found =
                    new UnitScores(
                        storage.fingerprint(), 1, 0, residuals.measure(storage, progress));
                store.save(found, true);
                return found;
              });
    }

    private Fingerprint fingerprint(String what, UnitScores scores) {
      return new Fingerprint()
          .add("gradnas %s %s".formatted(what, RECONSTRUCTION))
          .add(scores.fingerprint())
          .add("batches of " + settings.pieceSize());
    }

    private Storage storage(Fingerprint all) {
      return new Storage(STATE_BYTES, checkpoints, all.hex());
    }

    private Optional<StackPasses> passes() {
      return subject.passes(Math.max(FEWEST, settings.pieceSize()), settings.seed());
    }

    /** By the quantity that is asked for first. */
    private Curve curve(Sensitivities losses) {
      Quantity quantity = budget.bounds().get(0).quantity();
      return Curve.of(plan.space(), costs, quantity, losses, settings.objective());
    }

    /** Solves anew for what writes to the stream, unless it is to stay as it was cut. */
    @Override
    public CompletedCut complete(UnitScores scores, WrittenCandidate<?, M> found) {
      Fingerprint all = fingerprint("reconstruction", scores);
      new TreeMap<>(found.kept().units())
          .forEach((axis, units) -> all.add(axis).add(Arrays.toString(units)));
      return phases.time("reconstruction", () -> complete(found.cut(), storage(all)));
    }

    private CompletedCut complete(M cut, Storage storage) {
      if (!isReconstructing(settings.reconstruct(), Optional.of(plan.output()), plan.model())) {
        return CompletedCut.AS_CUT;
      }
      return passes()
          .map(passes -> complete(new TransformerReconstruction(passes, original), cut, storage))
          .orElse(CompletedCut.AS_CUT);
    }

    private CompletedCut complete(
        TransformerReconstruction reconstruction, M cut, Storage storage) {
      try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
        Judgement plain = before.of(cut, weights, heard("measuring the plain cut"));
        Reconstruction done = reconstruction.run(weights, storage, progress);
        if (done.isUsed()) {
          CutFiles.write(cut.directory(), weights, done.solved());
        }
        return new CompletedCut(Optional.of(done), Optional.of(plain));
      }
    }

    @Override
    public Judgement result(M cut) {
      try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
        return before.of(cut, weights, heard("measuring the result"));
      }
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
      return timing.warmedUp(List.of(widest, narrowest));
    }
  }

  private List<Latency> latencies(List<Weights> versions) {
    progress.report(Progress.of("measuring latency", 0, 0));
    return timing.latencies(versions, TextTiming.REPETITIONS);
  }

  private Baseline<M> baseline(Weights original) {
    return subject.baseline(original, settings.batchSize(), heard("measuring the original"));
  }

  private Progress.Listener heard(String phase) {
    return step -> progress.report(new Progress(phase, step.done(), step.total(), step.values()));
  }

  private static Cost cost(MaskableModel model) {
    return FileCosts.whole(
        FileCosts.of(model.architecture(), model.directory()), model.directory());
  }
}
