package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.minitron.cut.DepthCriterion;
import io.espalier.worker.algorithm.minitron.cut.LatencyMeasurement;
import io.espalier.worker.algorithm.minitron.cut.LayerSelection;
import io.espalier.worker.algorithm.minitron.cut.PerLayerCutting;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetScoring;
import io.espalier.worker.algorithm.minitron.cut.SubnetTiming;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.cut.UniformCutting;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.NextTokenLoss;
import io.espalier.worker.algorithm.minitron.measure.RunningMean;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.measure.UnitSelection;
import io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction;
import io.espalier.worker.algorithm.minitron.rotate.RotatedModel;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.space.CandidateSpace;
import io.espalier.worker.algorithm.minitron.space.LatencyForecast;
import io.espalier.worker.algorithm.minitron.space.PerLayerSpace;
import io.espalier.worker.algorithm.prune.CandidateSearch;
import io.espalier.worker.algorithm.prune.Cutting;
import io.espalier.worker.algorithm.prune.Decision;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.prune.WrittenCandidate;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Curve;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.PyTorch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A pruning from files to files: measures the model, listens to its units, scores candidates, cuts
 * the files, and measures the result as it lies on disk. All of it goes layer by layer; only where
 * the memory is large enough for whole models are they timed side by side.
 *
 * <p>If latency is bounded, layers are timed first, and the subnet that is chosen is tried on the
 * device: the measured time decides, and as long as it is over the bound a faster one is looked
 * for.
 */
public final class MinitronPruning {
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
      TextModel model,
      Optional<StreamChange> stream,
      Optional<Reconstruction> reconstruction) {}

  private final MinitronPlan given;
  private final DecoderBlueprint blueprint;
  private final ActivationSettings settings;
  private final SubnetMetric score;
  private final DepthCriterion depth;
  private final TextDataset search;
  private final TextDataset judge;
  private final Optional<LatencyBound> latencyBound;
  private final SubnetTiming timing;
  private final ReconstructionMode reconstruct;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model, without reconstruction.
   *
   * @param score what candidates are compared by
   * @param depth how it is decided which layers go
   * @param search what units are listened to on, and candidates scored
   * @param judge what before and after are measured on
   * @throws InvalidInputException if latency is bounded, but the memory is too small for the whole
   *     model
   */
  public MinitronPruning(
      MinitronPlan plan,
      ActivationSettings settings,
      SubnetMetric score,
      DepthCriterion depth,
      TextDataset search,
      TextDataset judge,
      Progress.Listener progress) {
    this(
        plan,
        settings,
        score,
        depth,
        search,
        judge,
        TextTiming.onDevice(plan.blueprint().model().tokens()),
        progress);
  }

  public MinitronPruning(
      MinitronPlan plan,
      ActivationSettings settings,
      SubnetMetric score,
      DepthCriterion depth,
      TextDataset search,
      TextDataset judge,
      TextTiming device,
      Progress.Listener progress) {
    this.given = plan;
    this.blueprint = plan.blueprint();
    this.settings = settings;
    this.score = score;
    this.depth = depth;
    this.search = search;
    this.judge = judge;
    this.latencyBound = plan.goal().constraints().flatMap(LatencyBound::of);
    this.timing =
        new SubnetTiming(blueprint, device, blueprint.fits(settings.stateBytes()), progress);
    this.progress = progress;
    this.reconstruct = ReconstructionMode.OFF;
    plan.requireTimed(settings.stateBytes());
  }

  private MinitronPruning(MinitronPruning other, ReconstructionMode reconstruct) {
    this.given = other.given;
    this.blueprint = other.blueprint;
    this.settings = other.settings;
    this.score = other.score;
    this.depth = other.depth;
    this.search = other.search;
    this.judge = other.judge;
    this.latencyBound = other.latencyBound;
    this.timing = other.timing;
    this.progress = other.progress;
    this.reconstruct = reconstruct;
  }

  /** The same with another word on whether layers behind the cut are solved for anew. */
  public MinitronPruning reconstructing(ReconstructionMode mode) {
    return new MinitronPruning(this, mode);
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
    var places = new Places(output, checkpoints);
    if (!given.rotates()) {
      return run(given, List.of(), places);
    }
    var minitron = new ActivationMeasurement(blueprint, settings, search);
    try (RotatedModel rotated =
        phases.time(
            "rotation",
            () ->
                RotatedModel.of(
                    blueprint,
                    settings,
                    minitron.texts(),
                    search.fingerprint(),
                    checkpoints,
                    progress))) {
      return run(given.of(rotated.blueprint()), rotated.untied(), places);
    }
  }

  /**
   * Prunes a model that says what the given one does.
   *
   * @param start of that model
   * @param untied weights that are the embedding's in the given one and not in that
   */
  private Result run(MinitronPlan start, List<String> untied, Places places) {
    MinitronPlan plan = foretold(start, places.checkpoints());
    var minitron = new ActivationMeasurement(plan.blueprint(), settings, search);
    Judgement before =
        phases.time(
            "original", () -> judge("measuring the original", blueprint, places.checkpoints()));
    ActivationScores activity =
        phases.time("activations", () -> minitron.measure(places.checkpoints(), progress));
    var heard = new Heard(known(plan.blueprint(), activity), minitron.texts(), activity);
    Found found =
        plan.options() instanceof CandidateSpace.Alike alike
            ? alike(plan, alike, heard, places)
            : perLayer(plan, (PerLayerSpace) plan.options(), heard, places);
    DecoderBlueprint made = DecoderBlueprint.of(found.candidate().cut());
    FileCosts.requireWithin(plan.budget(), plan.cost(made), places.output());
    Optional<Judgement> plain = plain(made, places.checkpoints());
    Optional<Reconstruction> solved =
        phases.time(
            "reconstruction",
            () -> reconstruct(heard.model(), found.candidate(), places.checkpoints()));
    Judgement after =
        solved.filter(done -> !done.isUsed()).isPresent() && plain.isPresent()
            ? plain.get()
            : phases.time(
                "result", () -> judge("measuring the result", made, places.checkpoints()));
    return new Result(
        plan.told(blueprint),
        outcome(
            plan,
            found,
            made,
            plain.isPresent() ? before.beside(before) : before,
            plain.map(after::beside).orElse(after)),
        activity,
        found.losses(),
        minitron.texts().count(),
        made.misfit(),
        made.model(),
        StreamChange.of(heard.model(), made, untied),
        solved);
  }

  /** Judges the plain cut, if layers behind it are to be solved for. */
  private Optional<Judgement> plain(DecoderBlueprint made, Path checkpoints) {
    return reconstruct == ReconstructionMode.OFF
        ? Optional.empty()
        : Optional.of(
            phases.time("plain cut", () -> judge("measuring the plain cut", made, checkpoints)));
  }

  /** Solves for what stands behind the cut, unless it is to stay as it was cut. */
  private Optional<Reconstruction> reconstruct(
      DecoderBlueprint model, WrittenCandidate<?, TextModel> candidate, Path checkpoints) {
    if (reconstruct == ReconstructionMode.OFF) {
      return Optional.empty();
    }
    DecoderBlueprint from = files(model).source(candidate.kept());
    Subnet subnet = Subnet.of(from, candidate.kept());
    return Optional.of(
        new DecoderReconstruction(from, subnet, search, settings)
            .run(candidate.cut().directory(), checkpoints, progress));
  }

  /** A model whose stream was watched. */
  private static DecoderBlueprint known(DecoderBlueprint model, ActivationScores activity) {
    return model.basis().rotated() ? model.in(activity.basis(model)) : model;
  }

  /** The model that is cut, the batches that its units were listened to on, what they said. */
  private record Heard(DecoderBlueprint model, TokenBatches texts, ActivationScores activity) {}

  /** Places of the result and of what a later pruning may use. */
  private record Places(Path output, Path checkpoints) {}

  /** Model in the output directory, and how it was chosen. */
  private record Found(
      WrittenCandidate<?, TextModel> candidate,
      Decision decision,
      Optional<Sensitivities> losses) {}

  private PruningOutcome<Decision> outcome(
      MinitronPlan plan, Found found, DecoderBlueprint made, Judgement before, Judgement after) {
    WrittenCandidate<?, TextModel> candidate = found.candidate();
    return new PruningOutcome<>(
        MeasuredModel.of(given.whole(), before.measures(), candidate.original())
            .with(before.samples()),
        MeasuredModel.of(plan.cost(made), after.measures(), candidate.result())
            .with(after.samples()),
        after.count(),
        found.decision(),
        candidate.kept(),
        candidate.trials(),
        plan.options().profile(plan.whole(), plan.budget()),
        LatencyBound.measured(latencyBound, plan.budget(), candidate.original()),
        phases.seconds(),
        PyTorch.device());
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

  private SubnetWriter files(DecoderBlueprint cut) {
    return new SubnetWriter(cut, blueprint, given.goal().sharding(), phases);
  }

  private <S> WrittenCandidate<S, TextModel> settle(
      Cutting<S, TextModel> cutting, MinitronPlan plan, Path output) {
    return new CandidateSearch<>(
            cutting, plan.options().range(plan.budget()), latencyBound, timing, phases)
        .settle(plan.budget(), output);
  }

  private Found perLayer(MinitronPlan plan, PerLayerSpace options, Heard heard, Places places) {
    Sensitivities losses = options.losses(heard.activity());
    var units = new UnitSelection(heard.model(), heard.activity());
    WrittenCandidate<Selection, TextModel> found =
        settle(
            new PerLayerCutting(options, units, losses, files(heard.model())),
            plan,
            places.output());
    Curve curve = phases.time("other budgets", () -> options.curve(plan.budget(), losses));
    return new Found(found, new Solved(found.choice(), curve), Optional.of(losses));
  }

  private Found alike(MinitronPlan plan, CandidateSpace.Alike options, Heard heard, Places places) {
    ActivationScores activity = heard.activity();
    try (var scoring =
        new SubnetScoring(
            heard.model(),
            heard.texts(),
            score,
            settings.room(),
            activity.fingerprint(),
            places.checkpoints())) {
      var cutting =
          new UniformCutting(
              options,
              new UnitSelection(heard.model(), activity),
              new LayerSelection(heard.model(), activity, depth, scoring),
              scoring,
              files(heard.model()),
              progress);
      WrittenCandidate<UniformCutting.Choice, TextModel> found =
          settle(cutting, plan, places.output());
      return new Found(found, cutting.compared(found.choice(), plan.budget()), Optional.empty());
    }
  }

  private Judgement judge(String phase, DecoderBlueprint model, Path checkpoints) {
    TokenBatches texts = TokenBatches.of(judge, settings.batchSize(), Integer.MAX_VALUE);
    int layers = model.blocks().size();
    var loss = new NextTokenLoss(model.vocabulary().units());
    try (var stream = new LayerwiseForward(model, texts, settings.room(), checkpoints)) {
      stream.embed(Kept.all());
      for (List<Integer> group : stream.groups(IntStream.range(0, layers).boxed().toList())) {
        stream.layers(group, Kept.all());
        progress.report(Progress.of(phase, group.get(group.size() - 1) + 1, layers));
      }
      stream.scores(Kept.all(), loss);
    }
    RunningMean mean = loss.mean();
    if (!Double.isFinite(mean.value())) {
      throw new InvalidInputException(
          "%s: the model's scores are not numbers; are its weights damaged?"
              .formatted(model.model().directory().path()));
    }
    Measure measured = Measure.loss(mean.value());
    return new Judgement(
        measured.name(),
        List.of(measured, Measure.perplexity(mean.value())),
        Map.of(measured.name(), mean.samples(), "perplexity", mean.samples().then(Math::exp)),
        mean.count());
  }
}
