package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.minitron.MinitronSubject.Baseline;
import io.espalier.worker.algorithm.minitron.MinitronSubject.Rotated;
import io.espalier.worker.algorithm.minitron.cut.CandidateScoring;
import io.espalier.worker.algorithm.minitron.cut.LatencyMeasurement;
import io.espalier.worker.algorithm.minitron.cut.LayerSelection;
import io.espalier.worker.algorithm.minitron.cut.PerLayerCutting;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetTiming;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.cut.UniformCutting;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.minitron.space.LatencyForecast;
import io.espalier.worker.algorithm.minitron.space.PerLayerSpace;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.ChosenCut;
import io.espalier.worker.algorithm.prune.CompletedCut;
import io.espalier.worker.algorithm.prune.Cutting;
import io.espalier.worker.algorithm.prune.Decision;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FinishedPruning;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.PruningSession;
import io.espalier.worker.algorithm.prune.PruningSteps;
import io.espalier.worker.algorithm.prune.SearchBudget;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.model.MaskableModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A pruning from files to files: measures the model, listens to its units, scores candidates, cuts
 * the files, and measures the result as it lies on disk.
 *
 * <p>If latency is bounded, layers are timed first, and the subnet that is chosen is tried on the
 * device: the measured time decides, and as long as it is over the bound a faster one is looked
 * for.
 *
 * @param <B> what is known of the model before a tensor is loaded
 */
public final class MinitronPruning<B extends NetworkBlueprint> {
  /**
   * Result.
   *
   * @param plan with costs as they were foretold, latency too if it is bounded
   * @param outcome as any pruning has it
   * @param activity of the units
   * @param losses what each width of each axis loses, if axes were looked at one by one
   * @param batches that units were listened to on
   * @param misfit why loaders of the family would not open the result, if they would not
   * @param model what is known of the result's files
   * @param stream what became of a stream that was rotated
   * @param reconstruction what was solved for; empty if nothing was to be
   */
  public record Result(
      MinitronPlan plan,
      PruningOutcome<?> outcome,
      ActivationScores activity,
      Optional<Sensitivities> losses,
      int batches,
      Optional<String> misfit,
      MaskableModel model,
      Optional<StreamChange> stream,
      Optional<Reconstruction> reconstruction) {}

  private final MinitronPlan given;
  private final MinitronSettings settings;
  private final MinitronSubject<B> subject;
  private final Optional<LatencyBound> latencyBound;
  private final SubnetTiming timing;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model.
   *
   * @param subject that model with its data
   * @throws InvalidInputException if latency is bounded, but the memory is too small for the whole
   *     model
   */
  public MinitronPruning(
      MinitronPlan plan,
      MinitronSettings settings,
      MinitronSubject<B> subject,
      Progress.Listener progress) {
    this.given = plan;
    this.settings = settings;
    this.subject = subject;
    this.latencyBound = plan.goal().constraints().flatMap(LatencyBound::of);
    this.timing = new SubnetTiming(subject.blueprint(), subject.clock(), subject.fits(), progress);
    this.progress = progress;
    if (!subject.fits()) {
      plan.requireTimed(settings.activations().stateBytes());
    }
  }

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @param checkpoints directory for scores and times of layers, which a later pruning continues or
   *     reuses
   * @throws InvalidInputException if the model says no numbers
   * @throws io.espalier.worker.domain.InfeasibleException if no subnet is within the constraints
   * @throws io.espalier.worker.domain.WorkerException if the device cannot be timed
   */
  public Result run(Path output, Path checkpoints) {
    if (!given.rotates()) {
      return run(given, subject.blueprint(), List.of(), output, checkpoints);
    }
    try (Rotated<B> rotated =
        phases.time("rotation", () -> subject.rotated(checkpoints, progress))) {
      var result =
          run(
              given.of(rotated.blueprint()),
              rotated.blueprint(),
              rotated.untied(),
              output,
              checkpoints);
      result
          .outcome()
          .kept()
          .of(rotated.blueprint().hidden())
          .ifPresent(kept -> rotated.directions().accept(output, kept));
      return result;
    }
  }

  /**
   * Prunes a model that says what the given one does.
   *
   * @param start of that model
   * @param untied weights that are the embedding's in the given one and not in that
   */
  private Result run(
      MinitronPlan start, B model, List<String> untied, Path output, Path checkpoints) {
    MinitronPlan plan = foretold(start, checkpoints);
    Baseline<B> before = phases.time("original", () -> subject.baseline(checkpoints, progress));
    var session = new Session(plan, model, before, checkpoints);
    FinishedPruning<Heard<B>, MaskableModel, Decision> pruned =
        new PruningSteps(latencyBound, phases).run(session, output);
    B made = subject.of(pruned.cut().directory());
    Heard<B> heard = pruned.scores();
    return new Result(
        plan.told(subject.blueprint()),
        pruned.outcome(),
        heard.activity(),
        heard.losses(),
        subject.batches(),
        made.misfit(),
        made.model(),
        StreamChange.of(heard.model(), made, untied),
        pruned.reconstruction());
  }

  /** The plan with latencies, if they are bounded. */
  private MinitronPlan foretold(MinitronPlan plan, Path checkpoints) {
    if (latencyBound.isEmpty() || !(plan.options() instanceof CandidateSpace.Searched searched)) {
      return plan;
    }
    var forecasting = new LatencyMeasurement(searched, plan.costs(), timing);
    LatencyForecast forecast =
        phases.time("timing layers", () -> forecasting.measure(checkpoints, progress));
    return plan.withLatency(searched, forecast);
  }

  /**
   * Activity of a model's units.
   *
   * @param model the model that is cut; knows its stream if that was watched
   * @param losses what each width of each axis loses, if axes are looked at one by one
   */
  private record Heard<B>(B model, ActivationScores activity, Optional<Sensitivities> losses) {}

  /** The pruning once the original is measured. */
  private final class Session implements PruningSession<Heard<B>, MaskableModel, Decision> {
    private final MinitronPlan plan;
    private final B model;
    private final Baseline<B> before;
    private final Path checkpoints;

    Session(MinitronPlan plan, B model, Baseline<B> before, Path checkpoints) {
      this.plan = plan;
      this.model = model;
      this.before = before;
      this.checkpoints = checkpoints;
    }

    @Override
    public SearchBudget budget() {
      return new SearchBudget(
          plan.whole(),
          plan.budget(),
          plan.budget(),
          plan.options().profile(plan.whole(), plan.budget()));
    }

    @Override
    public Judgement original() {
      return before.original();
    }

    @Override
    public Heard<B> score() {
      ActivationScores activity =
          phases.time("activations", () -> subject.measure(model, checkpoints, progress));
      return new Heard<>(
          subject.watched(model, activity),
          activity,
          plan.options() instanceof PerLayerSpace options
              ? Optional.of(options.losses(activity))
              : Optional.empty());
    }

    @Override
    public ChosenCut<MaskableModel, Decision> choose(Heard<B> heard, Path output) {
      return plan.options() instanceof CandidateSpace.Alike alike
          ? alike(alike, heard, output)
          : perLayer((PerLayerSpace) plan.options(), heard, output);
    }

    private ChosenCut<MaskableModel, Decision> perLayer(
        PerLayerSpace options, Heard<B> heard, Path output) {
      Sensitivities losses = heard.losses().orElseThrow();
      var units = new UnitSelection(heard.model(), heard.activity());
      WrittenCandidate<Selection, MaskableModel> found =
          settle(new PerLayerCutting(options, units, losses, files(heard.model())), output);
      Curve curve = phases.time("other budgets", () -> options.curve(plan.budget(), losses));
      return chosen(found, new Solved(found.choice(), curve));
    }

    private ChosenCut<MaskableModel, Decision> alike(
        CandidateSpace.Alike options, Heard<B> heard, Path output) {
      ActivationScores activity = heard.activity();
      try (CandidateScoring scoring =
              subject.scoring(
                  heard.model(), settings.score(), activity.fingerprint(), checkpoints);
          var learned = learned(heard)) {
        var cutting =
            new UniformCutting(
                options,
                new UnitSelection(heard.model(), activity),
                new LayerSelection(heard.model(), activity, settings.depth(), scoring),
                learned == null ? scoring : learned,
                files(heard.model()),
                progress);
        WrittenCandidate<UniformCutting.Choice, MaskableModel> found = settle(cutting, output);
        return chosen(found, cutting.compared(found.choice(), plan.budget()));
      }
    }

    /**
     * Returns what candidates are compared by once they have learned; nothing where they do not.
     */
    private @Nullable LearnedSubnets learned(Heard<B> heard) {
      return subject
          .learned(
              files(heard.model()), settings, heard.activity().fingerprint(), checkpoints, progress)
          .orElse(null);
    }

    private SubnetWriter<B> files(B cut) {
      return new SubnetWriter<>(cut, subject.blueprint(), given.goal().sharding(), phases);
    }

    private <S> WrittenCandidate<S, MaskableModel> settle(
        Cutting<S, MaskableModel> cutting, Path output) {
      return new CandidateSearch<>(
              cutting, plan.options().range(plan.budget()), latencyBound, timing, phases)
          .settle(plan.budget(), output);
    }

    private ChosenCut<MaskableModel, Decision> chosen(
        WrittenCandidate<?, MaskableModel> found, Decision decision) {
      return new ChosenCut<>(found, plan.cost(subject.of(found.cut().directory())), decision);
    }

    /** Solves for what stands behind the cut, unless it is to stay as it was cut. */
    @Override
    public CompletedCut complete(Heard<B> heard, WrittenCandidate<?, MaskableModel> found) {
      if (settings.reconstruct() == ReconstructionMode.OFF) {
        return CompletedCut.AS_CUT;
      }
      Judgement plain =
          phases.time("plain cut", () -> judge("measuring the plain cut", found.cut()));
      Reconstruction done = phases.time("reconstruction", () -> reconstructed(heard, found));
      return new CompletedCut(Optional.of(done), Optional.of(plain));
    }

    private Reconstruction reconstructed(Heard<B> heard, WrittenCandidate<?, MaskableModel> found) {
      B from = files(heard.model()).source(found.kept());
      return subject.reconstruct(
          from, Subnet.of(from, found.kept()), found.cut().directory(), checkpoints, progress);
    }

    @Override
    public Judgement result(MaskableModel cut) {
      return judge("measuring the result", cut);
    }

    private Judgement judge(String phase, MaskableModel cut) {
      return before.of(phase, subject.of(cut.directory()));
    }
  }
}
