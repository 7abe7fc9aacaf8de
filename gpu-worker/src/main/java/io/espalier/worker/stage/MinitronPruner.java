package io.espalier.worker.stage;

import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.minitron.Blueprint;
import io.espalier.worker.algorithm.minitron.Minitron;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Prunes a decoder: looks at it, listens to its units, scores candidates, cuts the files, and
 * measures before and after.
 *
 * <p>Data by role: units are listened to and candidates scored on {@code calibration}, or else
 * {@code train}, or else {@code eval}; before and after are measured on {@code eval}, or else on
 * the same.
 */
final class MinitronPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(
      MinitronSpec spec, MinitronPlan plan, TextDataset search, TextDataset judge, URI uri) {}

  @Override
  public String version() {
    return Minitron.VERSION;
  }

  @Override
  public void check(StageJob job) {
    prepare(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    MinitronSpec spec = MinitronSpec.parse(job.spec());
    return MinitronResult.metricNames(
        blueprint(job, spec), spec.goal(), spec.listening(job.seed()));
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    MinitronSpec spec = prepared.spec();
    MinitronPruning.Result pruned =
        new MinitronPruning(
                prepared.plan(),
                spec.listening(job.seed()),
                spec.score(),
                spec.depth(),
                prepared.search(),
                prepared.judge(),
                progress)
            .run(job.output(), job.checkpoints());
    var result = new MinitronResult(job, spec, prepared.plan(), pruned, prepared.uri());
    StageReport report = result.report();
    result.write(report, prepared.judge().fingerprint());
    return report;
  }

  private static Prepared prepare(StageJob job) {
    MinitronSpec spec = MinitronSpec.parse(job.spec());
    Blueprint blueprint = blueprint(job, spec);
    MinitronPlan plan = MinitronPlan.of(blueprint, spec.goal());
    URI searched = role(job, "calibration", "train", "eval");
    URI judged = role(job, "eval", "calibration", "train");
    TextDataset search = open(searched, blueprint.model(), spec, job);
    TextDataset judge =
        judged.equals(searched) ? search : open(judged, blueprint.model(), spec, job);
    var problems = new ArrayList<String>();
    spec.unmet(search.size()).ifPresent(problems::add);
    requireLong(search, searched, blueprint.model(), problems);
    requireLong(judge, judged, blueprint.model(), problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return new Prepared(spec, plan, search, judge, judged);
  }

  private static Blueprint blueprint(StageJob job, MinitronSpec spec) {
    ModelDirectory directory = ModelDirectory.open(job.input());
    Blueprint blueprint = Blueprint.of(TextModel.of(directory));
    int tokens = spec.texts(job.seed()).length(blueprint.network().input());
    return Blueprint.of(TextModel.of(directory, tokens));
  }

  private static TextDataset open(URI uri, TextModel model, MinitronSpec spec, StageJob job) {
    return TextDatasets.open(uri, model.network().input(), job.input(), spec.texts(job.seed()));
  }

  private static void requireLong(
      TextDataset data, URI uri, TextModel model, List<String> problems) {
    if (data.length() < model.tokens()) {
      problems.add(
          "data %s: its text is %d tokens long, which is less than one sequence of %d; give more text, or a smaller maxLength"
              .formatted(uri, data.length(), model.tokens()));
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
