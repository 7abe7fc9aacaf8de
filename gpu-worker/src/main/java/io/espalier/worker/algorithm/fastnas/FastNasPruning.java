package io.espalier.worker.algorithm.fastnas;

import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.CandidateSearch.LatencyRange;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.LatencyProfile;
import io.espalier.worker.algorithm.prune.LatencyStore;
import io.espalier.worker.algorithm.prune.LoadedModels;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
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
  /** The measure of a plain cut beside a reconstructed model, on data with classes. */
  public static final String ACCURACY_AS_CUT = "accuracyAsCut";

  /** The same on data without. */
  public static final String AGREEMENT_AS_CUT = "agreementAsCut";

  /**
   * Result.
   *
   * @param outcome as any pruning has it
   * @param completed what was done to the cut model before it went out
   * @param sensitivity what each width of each axis loses
   * @param remembered of the models that were scored for that, those of an earlier pruning
   */
  public record Result(
      PruningOutcome<Solved> outcome,
      CompletedCut completed,
      SensitivityMap sensitivity,
      int remembered) {}

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
      SensitivityMap map =
          phases.time("sensitivity", () -> fastNas.measure(original, checkpoints, progress));
      var candidates =
          new CandidateSearch<>(
              new CalibratedCutting(
                  costed, fastNas, map, completion(original, checkpoints), phases),
              LatencyRange.of(costed.space(), costed.costs()),
              latencyBound,
              new LoadedModels<>(original, FastNasPruning::load, measuring::latencies),
              phases);
      WrittenCandidate<Selection, CalibratedCutting.Cut> found = candidates.settle(budget, output);
      FileCosts.requireWithin(budget, found.cut().plan().whole(), output);
      ImageMetrics after = phases.time("result", () -> tally(output, manager));
      return new Result(
          outcome(new Search(costed, budget, map), found, before, after),
          found.cut().completed(),
          map,
          fastNas.remembered());
    }
  }

  private CutCompletion completion(Weights original, Path checkpoints) {
    return new CutCompletion(settings, search, original, measuring, checkpoints, progress);
  }

  /** Basis of choices. */
  private record Search(FastNasPlan costed, Budget budget, SensitivityMap map) {}

  private static Weights load(CalibratedCutting.Cut cut) {
    return Weights.load(cut.plan().model(), cut.plan().architecture());
  }

  private PruningOutcome<Solved> outcome(
      Search search,
      WrittenCandidate<Selection, CalibratedCutting.Cut> found,
      ImageMetrics before,
      ImageMetrics after) {
    FastNasPlan costed = search.costed();
    Budget budget = search.budget();
    Optional<ImageMetrics> plain = found.cut().completed().plain();
    return new PruningOutcome<>(
        MeasuredModel.of(
                plan.whole(), measures(before, before, plain.map(any -> before)), found.original())
            .with(before.samples(before)),
        MeasuredModel.of(found.cut().plan().whole(), measures(after, before, plain), found.result())
            .with(after.samples(before)),
        after.quality().samples(),
        new Solved(
            found.choice(),
            phases.time("other budgets", () -> curve(costed, budget, search.map()))),
        found.kept(),
        found.trials(),
        Optional.of(Profile.of(plan.space(), costed.costs(), costed.whole(), Optional.of(budget))),
        LatencyBound.measured(latencyBound, budget, found.original()),
        phases.seconds(),
        PyTorch.device());
  }

  /** Returns how good a model is, and its plain cut, if something was reconstructed. */
  private List<Measure> measures(
      ImageMetrics said, ImageMetrics original, Optional<ImageMetrics> plain) {
    var measures = new ArrayList<>(said.measures(original));
    plain.ifPresent(cut -> measures.add(measuring.asCut(cut, original)));
    return measures;
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

  private ImageMetrics tally(Path output, NDManager manager) {
    FastNasPlan cut = FastNasPlan.of(ModelDirectory.open(output), 1);
    try (Weights result = Weights.load(cut.model(), cut.architecture(), manager)) {
      return measuring.tally("measuring the result", result);
    }
  }

  /** By the quantity that is asked for first. */
  private Curve curve(FastNasPlan costed, Budget budget, SensitivityMap map) {
    return fastNas.curve(map, costed.costs(), budget.bounds().get(0).quantity());
  }
}
