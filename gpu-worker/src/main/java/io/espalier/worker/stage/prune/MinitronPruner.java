package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.minitron.LearnedSubnets;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.TextModel;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Prunes a decoder: looks at it, listens to its units, scores candidates, cuts the files, and
 * measures before and after.
 */
final class MinitronPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(MinitronSpec spec, MinitronPlan plan, PruningTexts texts) {}

  @Override
  public String version() {
    return ActivationMeasurement.VERSION;
  }

  @Override
  public void check(StageJob job) {
    prepare(job);
  }

  /** A stream that is rotated is that of a copy. */
  @Override
  public int copies(StageJob job) {
    try {
      return MinitronSpec.parse(job.spec()).goal().rotated() ? 1 : 0;
    } catch (InvalidInputException e) {
      return 0; // the check says what is wrong with it
    }
  }

  @Override
  public Set<String> metrics(StageJob job) {
    MinitronSpec spec = MinitronSpec.parse(job.spec());
    return MinitronResult.metricNames(blueprint(job, spec), spec, job.seed());
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    MinitronSpec spec = prepared.spec();
    PruningTexts texts = prepared.texts();
    MinitronPruning.Result pruned =
        new MinitronPruning(
                prepared.plan(), spec.settings(job.seed()), texts.search(), texts.judge(), progress)
            .run(job.output(), job.checkpoints());
    return new MinitronResult(job, spec, pruned, texts).deliver();
  }

  private static Prepared prepare(StageJob job) {
    MinitronSpec spec = MinitronSpec.parse(job.spec());
    DecoderBlueprint blueprint = blueprint(job, spec);
    MinitronPlan plan = MinitronPlan.of(blueprint, spec.goal());
    plan.requireTimed(spec.listening(job.seed()).stateBytes());
    if (spec.rankAfter().isPresent()) {
      plan.requireLearnable(spec.listening(job.seed()).stateBytes());
    }
    TextModel model = blueprint.model();
    var wanted =
        new PruningTexts.Wanted(
            model.network().input(), spec.texts(job.seed()), spec.batches(), spec.batchSize());
    PruningTexts texts =
        PruningTexts.open(job, wanted, (data, uri) -> tooShort(data, uri, model.tokens()));
    if (spec.rankAfter().isPresent()) {
      LearnedSubnets.requireEnough(texts.search());
    }
    return new Prepared(spec, plan, texts);
  }

  private static DecoderBlueprint blueprint(StageJob job, MinitronSpec spec) {
    ModelDirectory directory = ModelDirectory.open(job.input());
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(directory));
    int tokens = spec.texts(job.seed()).length(blueprint.network().input());
    return DecoderBlueprint.of(TextModel.of(directory, tokens));
  }

  private static Optional<String> tooShort(TextDataset data, URI uri, int tokens) {
    return data.length() >= tokens
        ? Optional.empty()
        : Optional.of(
            "data %s: its text is %d tokens long, which is less than one sequence of %d; give more text, or a smaller maxLength"
                .formatted(uri, data.length(), tokens));
  }
}
