package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.algorithm.evaluate.TextLoss;
import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.prune.FileCosts;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * A pruning from files to files: measures the model, listens to its units, scores candidates, cuts
 * the files, and measures the result as it lies on disk. All of it goes layer by layer; only where
 * the memory is large enough for whole models are they timed side by side.
 */
public final class MinitronPruning {
  /**
   * What came out.
   *
   * @param before what the model that went in costs
   * @param after what the model that came out costs
   * @param lossBefore mean loss of the model that went in, in nats
   * @param lossAfter mean loss of the model that came out
   * @param samples tokens that both were measured on
   * @param candidates versions that were compared, the largest first
   * @param chosen position of the one that came out among them
   * @param kept what stays of the model, layers too
   * @param activity of the units
   * @param batches that units were listened to on
   * @param latencies of the original and the result, if both fit into the memory
   * @param misfit why loaders of the family would not open the result, if they would not
   * @param model what is known of the result's files
   * @param seconds time by phase, in the order of the work
   * @param device the device it ran on, in words
   */
  public record Result(
      Cost before,
      Cost after,
      double lossBefore,
      double lossAfter,
      long samples,
      List<Scored> candidates,
      int chosen,
      Kept kept,
      Activity activity,
      int batches,
      Optional<List<Latency>> latencies,
      Optional<String> misfit,
      TextModel model,
      Map<String, Double> seconds,
      String device) {
    /** A result; the list is copied. */
    public Result {
      candidates = List.copyOf(candidates);
    }
  }

  private static final int LATENCY_REPETITIONS = 50;

  private final MinitronPlan plan;
  private final Blueprint blueprint;
  private final Listening settings;
  private final Score score;
  private final Depth depth;
  private final TextDataset search;
  private final TextDataset judge;
  private final Progress.Listener progress;
  private final Phases phases = new Phases(System::nanoTime);

  /**
   * A pruning of a plan's model.
   *
   * @param score what candidates are compared by
   * @param depth how it is decided which layers go
   * @param search what units are listened to on, and candidates scored
   * @param judge what before and after are measured on
   */
  public MinitronPruning(
      MinitronPlan plan,
      Listening settings,
      Score score,
      Depth depth,
      TextDataset search,
      TextDataset judge,
      Progress.Listener progress) {
    this.plan = plan;
    this.blueprint = plan.blueprint();
    this.settings = settings;
    this.score = score;
    this.depth = depth;
    this.search = search;
    this.judge = judge;
    this.progress = progress;
  }

  /** What is left of a choice. */
  private record Choice(List<Scored> candidates, int chosen, Version version) {}

  /**
   * Prunes.
   *
   * @param output empty directory for the result
   * @param checkpoints directory for scores, which a later pruning continues or reuses
   * @throws InvalidInputException if the model says no numbers
   */
  public Result run(Path output, Path checkpoints) {
    var minitron = new Minitron(blueprint, settings, search);
    Judged before =
        phases.time("original", () -> judge("measuring the original", blueprint, checkpoints));
    Activity activity = phases.time("activations", () -> minitron.measure(checkpoints, progress));
    Choice choice =
        phases.time("candidates", () -> choose(minitron.texts(), activity, checkpoints));
    TextModel cut =
        phases.time(
            "surgery", () -> choice.version().write(blueprint, plan.goal().sharding(), output));
    Blueprint made = Blueprint.of(cut);
    Cost cost = plan.cost(made);
    FileCosts.requireWithin(plan.budget(), cost, output);
    Judged after = phases.time("result", () -> judge("measuring the result", made, checkpoints));
    return new Result(
        plan.whole(),
        cost,
        before.loss(),
        after.loss(),
        after.samples(),
        choice.candidates(),
        choice.chosen(),
        choice.version().all(blueprint),
        activity,
        minitron.texts().count(),
        phases.time("latency", () -> latencies(made)),
        made.misfit(),
        cut,
        phases.seconds(),
        PyTorch.device());
  }

  /** Times original and result side by side, if the memory is large enough for both. */
  private Optional<List<Latency>> latencies(Blueprint made) {
    if (!blueprint.fits(settings.stateBytes())) {
      return Optional.empty();
    }
    progress.report(Progress.of("measuring latency", 0, 0));
    try (Weights original = weights(blueprint);
        Weights result = weights(made)) {
      return Optional.of(
          TextEvaluation.latencies(
              List.of(new Timed(blueprint.network(), original), new Timed(made.network(), result)),
              LATENCY_REPETITIONS,
              blueprint.model().tokens()));
    }
  }

  private static Weights weights(Blueprint blueprint) {
    return Weights.load(blueprint.model().directory(), blueprint.architecture());
  }

  private Choice choose(Texts texts, Activity activity, Path checkpoints) {
    var units = new UnitChoice(blueprint, activity);
    if (plan.perLayer().isPresent()) {
      Selection selection = plan.perLayer().get().select(plan.budget(), activity);
      List<Integer> all = IntStream.range(0, blueprint.blocks().size()).boxed().toList();
      var only = new Scored("per layer", selection.cost(), all, OptionalDouble.empty());
      return new Choice(List.of(only), 0, new Version(units.of(selection.widths().units()), all));
    }
    try (var scoring =
        new VersionScoring(
            blueprint, texts, score, settings.stateBytes(), activity.fingerprint(), checkpoints)) {
      return choose(units, new LayerChoice(blueprint, activity, depth, scoring), scoring);
    }
  }

  private Choice choose(UnitChoice units, LayerChoice layers, VersionScoring scoring) {
    List<Candidate> candidates = plan.candidates();
    UniformCosts costs = plan.versionCosts();
    var versions = new ArrayList<Version>();
    var scored = new ArrayList<Scored>();
    int best = 0;
    for (int i = 0; i < candidates.size(); i++) {
      Candidate candidate = candidates.get(i);
      var version = new Version(units.of(candidate.sizes()), layers.of(candidate.sizes().layers()));
      versions.add(version);
      Cost cost = costs.of(candidate.sizes(), version.layers());
      scored.add(scored(candidate.sizes().toString(), cost, version, scoring));
      if (scored.get(i).score().orElse(0) < scored.get(best).score().orElse(0)) {
        best = i;
      }
      progress.report(Progress.of("scoring candidates", i + 1, candidates.size()));
    }
    return new Choice(scored, best, versions.get(best));
  }

  private Scored scored(String name, Cost cost, Version version, VersionScoring scoring) {
    OptionalDouble found =
        plan.candidates().size() == 1
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                scoring.of(
                    name + ", layers " + version.layers(), version.units(), version.layers()));
    return new Scored(name, cost, version.layers(), found);
  }

  /** How good a model is. */
  private record Judged(double loss, long samples) {}

  private Judged judge(String phase, Blueprint model, Path checkpoints) {
    Texts texts = Texts.of(judge, settings.batchSize(), Integer.MAX_VALUE);
    int layers = model.blocks().size();
    TextLoss loss = TextLoss.of(model.network().input().task());
    var mean = new Mean();
    try (var stream = new LayerStream(model, texts, settings.stateBytes(), checkpoints)) {
      stream.embed(Kept.all());
      for (List<Integer> group : stream.groups(IntStream.range(0, layers).boxed().toList())) {
        stream.layers(group, Kept.all());
        progress.report(Progress.of(phase, group.get(group.size() - 1) + 1, layers));
      }
      stream.scores(
          Kept.all(),
          (scores, row, batch, position) ->
              mean.add(loss.sum(scores, row).getFloat(), loss.count(row)));
    }
    if (!Double.isFinite(mean.value())) {
      throw new InvalidInputException(
          "%s: the model's scores are not numbers; are its weights damaged?"
              .formatted(model.model().directory().path()));
    }
    return new Judged(mean.value(), mean.count());
  }
}
