package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.minitron.LearnedSubnets;
import io.espalier.worker.algorithm.minitron.MinitronImages;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.MinitronSubject;
import io.espalier.worker.algorithm.minitron.MinitronTexts;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.VisionFamily;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Prunes a decoder or a transformer for images: looks at it, listens to its units, scores
 * candidates, cuts the files, and measures before and after.
 */
final class MinitronPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(
      MinitronSpec spec, MinitronPlan plan, MinitronSubject<?> subject, PruningData data) {}

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
    ModelDirectory directory = ModelDirectory.open(job.input());
    if (readsImages(directory)) {
      PruningImages images = images(job, spec, imageBlueprint(directory, spec));
      return MinitronResult.metricNames(spec, images.judge().labelled());
    }
    return MinitronResult.metricNames(decoderBlueprint(directory, job, spec), spec, job.seed());
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    MinitronPruning.Result pruned = pruned(job, prepared, prepared.subject(), progress);
    return new MinitronResult(job, prepared.spec(), pruned, prepared.data()).deliver();
  }

  private static <B extends NetworkBlueprint> MinitronPruning.Result pruned(
      StageJob job, Prepared prepared, MinitronSubject<B> subject, Progress.Listener progress) {
    return new MinitronPruning<>(
            prepared.plan(), prepared.spec().settings(job.seed()), subject, progress)
        .run(job.output(), job.checkpoints());
  }

  private static Prepared prepare(StageJob job) {
    MinitronSpec spec = MinitronSpec.parse(job.spec());
    ModelDirectory directory = ModelDirectory.open(job.input());
    return readsImages(directory)
        ? ofImages(job, spec, imageBlueprint(directory, spec))
        : ofTexts(job, spec, decoderBlueprint(directory, job, spec));
  }

  private static boolean readsImages(ModelDirectory directory) {
    return Families.of(directory.config()) instanceof VisionFamily;
  }

  private static Prepared ofTexts(StageJob job, MinitronSpec spec, DecoderBlueprint blueprint) {
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
    var subject =
        new MinitronTexts(blueprint, spec.listening(job.seed()), texts.search(), texts.judge());
    return new Prepared(spec, plan, subject, texts);
  }

  private static Prepared ofImages(StageJob job, MinitronSpec spec, ImageBlueprint blueprint) {
    MinitronPlan plan = MinitronPlan.of(blueprint, spec.goal());
    PruningImages images = images(job, spec, blueprint);
    var subject =
        new MinitronImages(blueprint, spec.listening(job.seed()), images.search(), images.judge());
    return new Prepared(spec, plan, subject, images);
  }

  private static PruningImages images(StageJob job, MinitronSpec spec, ImageBlueprint blueprint) {
    return PruningImages.open(
        job,
        blueprint.model().input(),
        spec.batches(),
        spec.batchSize(),
        (data, uri) -> unlabelled(data, uri, spec));
  }

  private static DecoderBlueprint decoderBlueprint(
      ModelDirectory directory, StageJob job, MinitronSpec spec) {
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(directory));
    int tokens = spec.texts(job.seed()).length(blueprint.network().input());
    return DecoderBlueprint.of(TextModel.of(directory, tokens));
  }

  private static ImageBlueprint imageBlueprint(ModelDirectory directory, MinitronSpec spec) {
    ImageBlueprint blueprint = ImageBlueprint.of(ImageTransformerModel.of(directory));
    spec.unfitForImages()
        .ifPresent(
            problem -> {
              throw new InvalidInputException(problem);
            });
    return blueprint;
  }

  private static Optional<String> tooShort(TextDataset data, URI uri, int tokens) {
    return data.length() >= tokens
        ? Optional.empty()
        : Optional.of(
            "data %s: its text is %d tokens long, which is less than one sequence of %d; give more text, or a smaller maxLength"
                .formatted(uri, data.length(), tokens));
  }

  /** Refuses images without classes where subnets are compared by their loss. */
  private static Optional<String> unlabelled(ImageDataset data, URI uri, MinitronSpec spec) {
    return data.labelled() || spec.score() != SubnetMetric.LOSS || !spec.compares()
        ? Optional.empty()
        : Optional.of(
            "data %s: score: loss needs what is right, but these images have no classes; ask for score: kl, or put those of each class into a folder of its own"
                .formatted(uri));
  }
}
