package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.TextTally;
import io.espalier.worker.algorithm.family.Families;
import io.espalier.worker.algorithm.family.Family;
import io.espalier.worker.algorithm.family.TextFamily;
import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.gradnas.GradNas;
import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.report.Reports;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Prunes a model that reads text: looks at it, scores its heads and neurons by gradients, searches,
 * cuts the files, and measures before and after.
 *
 * <p>Data by role: gradients are measured on {@code calibration}, or else {@code train}, or else
 * {@code eval}; before and after are measured on {@code eval}, or else on the same.
 */
final class GradNasPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(
      GradNasSpec spec, GradNasPlan plan, TextDataset search, TextDataset judge, URI uri) {}

  @Override
  public String version() {
    return GradNas.VERSION;
  }

  @Override
  public void check(StageJob job) {
    prepare(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    GradNasSpec spec = GradNasSpec.parse(job.spec());
    return PruningSummary.metricNames(TextTally.names(model(job, spec).network().input()));
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    GradNasPruning.Result pruned =
        new GradNasPruning(
                prepared.plan(),
                prepared.spec().constraints(),
                prepared.spec().settings(job.seed()),
                prepared.search(),
                prepared.judge(),
                progress)
            .run(job.output(), job.checkpoints());
    var result = new GradNasResult(job, prepared.spec(), prepared.plan(), pruned, prepared.uri());
    StageReport report = result.report();
    result.write(report, prepared.judge().fingerprint());
    var facts = new GradNasFacts(prepared.spec(), prepared.plan(), pruned);
    Reports.write(
        job.output(), new PruningFacts(pruned.outcome(), job.seed(), facts).report(report));
    return report;
  }

  private static Prepared prepare(StageJob job) {
    GradNasSpec spec = GradNasSpec.parse(job.spec());
    TextModel model = model(job, spec);
    GradNasPlan plan =
        GradNasPlan.of(model, spec.output(), spec.uniform(), spec.neuronDivisor(), spec.layers());
    plan.require(spec.constraints());
    URI searched = role(job, "calibration", "train", "eval");
    URI judged = role(job, "eval", "calibration", "train");
    var problems = new ArrayList<String>();
    Optional<TextDataset> search = open(searched, model, spec, job, problems);
    search.flatMap(data -> spec.unmet(data.size())).ifPresent(problems::add);
    Optional<TextDataset> judge =
        judged.equals(searched) ? search : open(judged, model, spec, job, problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new Prepared(spec, plan, search.orElseThrow(), judge.orElseThrow(), judged);
  }

  private static TextModel model(StageJob job, GradNasSpec spec) {
    ModelDirectory directory = ModelDirectory.open(job.input());
    Family family = Families.of(directory.config());
    if (!(family instanceof TextFamily)) {
      throw new InvalidInputException(
          "prune.algorithm: gradnas prunes models that read text, but %s is of family %s, which tells images apart; ask for fastnas"
              .formatted(job.input(), family.name()));
    }
    TextInput input = TextModel.of(directory).network().input();
    spec.unfit(input)
        .ifPresent(
            problem -> {
              throw new InvalidInputException(problem);
            });
    return TextModel.of(directory, spec.texts(job.seed()).length(input));
  }

  /**
   * Texts, with what is right if the model says what can be; none, and problems, if they are bad.
   */
  private static Optional<TextDataset> open(
      URI uri, TextModel model, GradNasSpec spec, StageJob job, List<String> problems) {
    TextInput input = model.network().input();
    try {
      TextDataset data = TextDatasets.open(uri, input, job.input(), spec.texts(job.seed()));
      if (input.task() != TextTask.FEATURE_EXTRACTION && !data.labelled()) {
        problems.add(
            "data %s: gradients need what is right, but nothing is labelled; add a label to each line"
                .formatted(uri));
      }
      return Optional.of(data);
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private static URI role(StageJob job, String... roles) {
    Optional<URI> found =
        Stream.of(roles).filter(job.data()::containsKey).map(job.data()::get).findFirst();
    return found.orElseThrow(
        () ->
            new InvalidInputException(
                "data: pruning needs texts; give at least one of calibration, train, eval in the"
                    + " policy's data or with the registered model"));
  }
}
