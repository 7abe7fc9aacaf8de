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
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.stage.PruningSummary;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

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
  private record Prepared(
      FastNasSpec spec, FastNasPlan plan, ImageDataset search, ImageDataset judge, List<URI> uris) {
    URI uri() {
      return uris.get(1);
    }

    List<DataFacts> data() {
      return List.of(
          new DataFacts("search", uris.get(0).toString(), search.fingerprint()),
          new DataFacts("before and after", uri().toString(), judge.fingerprint()));
    }
  }

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
    List<String> judged = FastNasResult.measureNames(prepared.spec(), prepared.judge().labelled());
    return new PruningSummary.Reported(false, false, judged, true).names();
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    var pruning =
        new FastNasPruning(
            prepared.plan(),
            prepared.spec().constraints(),
            prepared.spec().settings(job.seed()),
            prepared.search(),
            prepared.judge(),
            progress);
    FastNasPruning.Result pruned = pruning.run(job.output(), job.checkpoints());
    var result =
        new FastNasResult(
            job, prepared.spec(), prepared.plan(), pruned, prepared.uri(), prepared.judge());
    StageReport report = result.report();
    result.write(report);
    Reports.write(
        job.output(),
        new PruningFacts(
                pruned.outcome(),
                job.seed(),
                new FastNasFacts(
                    job,
                    prepared.spec(),
                    prepared.plan(),
                    pruned,
                    prepared.search(),
                    prepared.data()))
            .report(report, result.opening()));
    return report;
  }

  private static Prepared prepare(StageJob job) {
    Prepared prepared = open(job);
    prepared.plan().require(prepared.spec().constraints());
    return prepared;
  }

  private static Prepared open(StageJob job) {
    var problems = new ArrayList<String>();
    Optional<FastNasSpec> spec = attempt(problems, job.spec(), FastNasSpec::parse);
    Optional<ModelDirectory> model = attempt(problems, job.input(), FastNasPruner::model);
    int divisor = spec.map(FastNasSpec::channelDivisor).orElse(1);
    LayerRules rules = spec.map(FastNasSpec::layers).orElse(LayerRules.NONE);
    Optional<FastNasPlan> plan =
        model.flatMap(m -> attempt(problems, m, any -> FastNasPlan.of(any, divisor, rules)));
    Optional<InputSpec> images = plan.map(FastNasPlan::input);
    List<URI> uris = new ArrayList<>();
    role(job, "calibration", "train", "eval").ifPresentOrElse(uris::add, () -> noData(problems));
    role(job, "eval", "calibration", "train").ifPresent(uris::add);
    List<ImageDataset> data = new ArrayList<>();
    images.ifPresent(
        input ->
            uris.forEach(
                uri ->
                    attempt(problems, uri, any -> ImageDatasets.openAny(any, input))
                        .ifPresent(data::add)));
    if (spec.isPresent() && data.size() == 2) {
      problems.addAll(spec.get().unmet(data.get(0).size(), data.get(0).labelled()));
      plan.map(FastNasPlan::architecture)
          .flatMap(network -> spec.get().withoutVariance(network, data.get(0).size()))
          .ifPresent(problems::add);
    }
    if (!problems.isEmpty() || spec.isEmpty() || plan.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new Prepared(spec.get(), plan.get(), data.get(0), data.get(1), uris);
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

  private static void noData(List<String> problems) {
    problems.add(
        "data: pruning needs images; give at least one of calibration, train, eval in the policy's"
            + " data or with the registered model");
  }

  private static Optional<URI> role(StageJob job, String... roles) {
    return Stream.of(roles).filter(job.data()::containsKey).map(job.data()::get).findFirst();
  }

  private static <A, B> Optional<B> attempt(List<String> problems, A input, Function<A, B> read) {
    try {
      return Optional.of(read.apply(input));
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }
}
