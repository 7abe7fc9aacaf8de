package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.fastnas.FastNasPruning;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.stage.PruningSummary;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Prunes a model that tells images apart: looks at it, searches widths, cuts the files, calibrates
 * BatchNorm in the result, and measures before and after.
 *
 * <p>Data by role: the search scores and calibrates on {@code calibration}, or else {@code train},
 * or else {@code eval}; before and after are measured on {@code eval}, or else on the same as the
 * search.
 */
final class FastNasPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(FastNasSpec spec, FastNasPlan plan, PruningImages images) {}

  @Override
  public String version() {
    return FastNas.VERSION;
  }

  @Override
  public void check(StageJob job) {
    prepare(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    Prepared prepared = open(job);
    List<String> judged =
        FastNasResult.measureNames(prepared.spec(), prepared.images().judge().labelled());
    return new PruningSummary.Reported(false, false, judged, true).names();
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    FastNasSpec spec = prepared.spec();
    PruningImages images = prepared.images();
    FastNasPruning.Result pruned =
        new FastNasPruning(
                prepared.plan(),
                spec.constraints(),
                spec.settings(job.seed()),
                images.search(),
                images.judge(),
                progress)
            .run(job.output(), job.checkpoints());
    return new FastNasResult(job, spec, prepared.plan(), pruned, images).deliver();
  }

  private static Prepared prepare(StageJob job) {
    Prepared prepared = open(job);
    prepared.plan().require(prepared.spec().constraints());
    return prepared;
  }

  private static Prepared open(StageJob job) {
    Problems problems = Problems.ofSeveral();
    Optional<FastNasSpec> spec = problems.attempt(() -> FastNasSpec.parse(job.spec()));
    Optional<ModelDirectory> model = problems.attempt(() -> model(job.input()));
    int divisor = spec.map(FastNasSpec::channelDivisor).orElse(1);
    LayerRules rules = spec.map(FastNasSpec::layers).orElse(LayerRules.NONE);
    Optional<FastNasPlan> plan =
        model.flatMap(m -> problems.attempt(() -> FastNasPlan.of(m, divisor, rules)));
    Optional<PruningImages> images = images(job, plan.map(FastNasPlan::input), problems);
    if (spec.isPresent() && images.isPresent()) {
      ImageDataset search = images.get().search();
      problems.addAll(spec.get().unmet(search.size(), search.labelled()));
      plan.map(FastNasPlan::architecture)
          .flatMap(network -> spec.get().withoutVariance(network, search.size()))
          .ifPresent(problems::addText);
    }
    problems.throwIfAny();
    return new Prepared(spec.orElseThrow(), plan.orElseThrow(), images.orElseThrow());
  }

  /** Opens the data, of which it is known where they lie even if the model is refused. */
  private static Optional<PruningImages> images(
      StageJob job, Optional<InputSpec> input, Problems problems) {
    Optional<URI> searched = problems.attempt(() -> PruningData.searched(job, "images"));
    if (searched.isEmpty() || input.isEmpty()) {
      return Optional.empty();
    }
    URI judged = PruningData.judged(job, "images");
    Optional<ImageDataset> search = open(searched.get(), input.get(), problems);
    Optional<ImageDataset> judge = open(judged, input.get(), problems);
    return search.isEmpty() || judge.isEmpty()
        ? Optional.empty()
        : Optional.of(new PruningImages(search.get(), judge.get(), searched.get(), judged));
  }

  private static Optional<ImageDataset> open(URI uri, InputSpec input, Problems problems) {
    return problems.attempt(() -> ImageDatasets.openAny(uri, input));
  }

  private static ModelDirectory model(Path path) {
    ModelDirectory directory = ModelDirectory.open(path);
    Family family = Families.of(directory.config());
    if (!(family instanceof VisionFamily vision)) {
      throw new InvalidInputException(
          "prune.algorithm: fastnas prunes models that tell images apart, but %s is of family %s, which reads text; ask for gradnas"
              .formatted(path, family.name()));
    }
    if (!vision.widthsFollowFromTensors()) {
      throw new InvalidInputException(
          "prune.algorithm: fastnas leaves config.json as it is, but %s is of family %s, whose config.json says how wide layers are; ask for gradnas"
              .formatted(path, family.name()));
    }
    return directory;
  }
}
