package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.gradnas.GradNasSubject.Baseline;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.prune.CutFiles;
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
import io.espalier.worker.algorithm.search.Profile;
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
    LossData data = subject.search(settings.seed());
    var gradNas = new GradNas(model, settings, data);
    try (NDManager manager = PyTorch.newManager();
        Weights original = Weights.load(model.directory(), model.architecture(), manager)) {
      CostModel costs = costs(original, checkpoints);
      Budget budget = constraints.budget(FileCosts.whole(costs, model.directory()));
      budget.requireReachable(plan.space(), costs);
      Baseline<M> before = phases.time("original", () -> baseline(original));
      UnitScores scores =
          phases.time("gradients", () -> gradNas.measure(original, checkpoints, progress));
      Sensitivities losses = gradNas.sensitivities(scores, plan.space(), plan.layout());
      var search = new Search(costs, budget, order(original, scores, checkpoints), losses);
      WrittenCandidate<Selection, M> found = candidates(search, original).settle(budget, output);
      if (plan.output() != OutputMode.ZERO_PADDED) { // that costs what it did: it is for looking at
        FileCosts.requireWithin(budget, cost(found.cut()), output);
      }
      Optional<Completed> completed =
          phases.time(
              "reconstruction",
              () -> complete(original, before, found.cut(), storage(scores, found, checkpoints)));
      Judgement after = phases.time("result", () -> result(before, found.cut(), manager));
      Optional<Judgement> plain = completed.map(Completed::plain);
      return new Result(
          outcome(
              search,
              found,
              plain
                  .map(any -> before.original().beside(before.original()))
                  .orElse(before.original()),
              plain.map(after::beside).orElse(after)),
          found.cut(),
          scores,
          Math.min(scores.batches() * settings.batchSize(), data.size()),
          losses,
          completed.map(Completed::reconstruction));
    }
  }

  /**
   * A model that was solved for anew.
   *
   * @param plain how good its plain cut is
   */
  private record Completed(Reconstruction reconstruction, Judgement plain) {}

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

  /** The storage of a reconstruction; solved layers depend on the units that stay. */
  private Storage storage(UnitScores scores, WrittenCandidate<?, M> found, Path checkpoints) {
    var all =
        new Fingerprint()
            .add("gradnas reconstruction " + RECONSTRUCTION)
            .add(scores.fingerprint())
            .add("batches of " + settings.pieceSize());
    new TreeMap<>(found.kept().units())
        .forEach((axis, units) -> all.add(axis).add(Arrays.toString(units)));
    return new Storage(STATE_BYTES, checkpoints, all.hex());
  }

  /** Solves anew for what writes to the stream, unless it is to stay as it was cut. */
  private Optional<Completed> complete(
      Weights original, Baseline<M> before, M cut, Storage storage) {
    if (!isReconstructing(settings.reconstruct(), Optional.of(plan.output()), plan.model())) {
      return Optional.empty();
    }
    return passes()
        .map(passes -> new TransformerReconstruction(passes, original))
        .map(reconstruction -> complete(reconstruction, before, cut, storage));
  }

  private Completed complete(
      TransformerReconstruction reconstruction, Baseline<M> before, M cut, Storage storage) {
    try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
      Judgement plain = before.of(cut, weights, heard("measuring the plain cut"));
      Reconstruction done = reconstruction.run(weights, storage, progress);
      if (done.isUsed()) {
        CutFiles.write(cut.directory(), weights, done.solved());
      }
      return new Completed(done, plain);
    }
  }

  /** Basis of choices. */
  private record Search(CostModel costs, Budget budget, ChannelOrder order, Sensitivities losses) {}

  /** Decides in which order the units of each layer stay. */
  private ChannelOrder order(Weights original, UnitScores scores, Path checkpoints) {
    Map<String, double[]> byAxis =
        settings.ranking() == UnitRanking.RESIDUAL
            ? phases.time("residuals", () -> residuals(original, scores, checkpoints)).byAxis()
            : scores.byAxis();
    return ChannelOrder.by(plan.model().architecture(), byAxis);
  }

  /** What the projections lose without units: measured, or found whole. */
  private UnitScores residuals(Weights original, UnitScores scores, Path checkpoints) {
    String fingerprint =
        new Fingerprint()
            .add("gradnas residuals " + RECONSTRUCTION)
            .add(scores.fingerprint())
            .add("batches of " + settings.pieceSize())
            .hex();
    var store = new UnitScoreStore(checkpoints, plan.model().architecture().prunableAxes());
    return store
        .load(fingerprint, 1)
        .orElseGet(
            () -> {
              var storage = new Storage(STATE_BYTES, checkpoints, fingerprint);
              var found =
                  new UnitScores(
                      fingerprint,
                      1,
                      0,
                      new UnitResiduals(passes().orElseThrow(), original)
                          .measure(storage, progress));
              store.save(found, true);
              return found;
            });
  }

  private Optional<StackPasses> passes() {
    return subject.passes(Math.max(FEWEST, settings.pieceSize()), settings.seed());
  }

  private CandidateSearch<Selection, M> candidates(Search search, Weights original) {
    var cutting =
        new UnitCutting<>(
            subject::open,
            plan,
            search.costs(),
            search.losses(),
            search.order(),
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
      Search search, WrittenCandidate<Selection, M> found, Judgement before, Judgement after) {
    Budget budget = search.budget();
    Cost whole = FileCosts.whole(search.costs(), plan.model().directory());
    return new PruningOutcome<>(
        MeasuredModel.of(cost(plan.model()), before.measures(), found.original())
            .with(before.samples()),
        MeasuredModel.of(cost(found.cut()), after.measures(), found.result()).with(after.samples()),
        after.count(),
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

  private Judgement result(Baseline<M> before, M cut, NDManager manager) {
    try (Weights weights = Weights.load(cut.directory(), cut.architecture(), manager)) {
      return before.of(cut, weights, heard("measuring the result"));
    }
  }

  private Progress.Listener heard(String phase) {
    return step -> progress.report(new Progress(phase, step.done(), step.total(), step.values()));
  }

  private static Cost cost(MaskableModel model) {
    return FileCosts.whole(
        FileCosts.of(model.architecture(), model.directory()), model.directory());
  }
}
