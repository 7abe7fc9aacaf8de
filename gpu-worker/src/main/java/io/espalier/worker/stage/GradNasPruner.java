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
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.report.Reports;
import java.net.URI;
import java.util.Optional;
import java.util.Set;

/**
 * Prunes a model that reads text: looks at it, scores its heads and neurons by gradients, searches,
 * cuts the files, and measures before and after.
 */
final class GradNasPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(GradNasSpec spec, GradNasPlan plan, PruningTexts texts) {}

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
    TextModel model = model(job, spec);
    return new PruningSummary.Reported(
            model.tokensOneByOne().isPresent(),
            false,
            TextTally.names(model.network().input()),
            true)
        .names();
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Prepared prepared = prepare(job);
    GradNasPruning.Result pruned =
        new GradNasPruning(
                prepared.plan(),
                prepared.spec().constraints(),
                prepared.spec().settings(job.seed()),
                prepared.texts().search(),
                prepared.texts().judge(),
                progress)
            .run(job.output(), job.checkpoints());
    var result = new GradNasResult(job, prepared.spec(), prepared.plan(), pruned, prepared.texts());
    StageReport report = result.report();
    result.write(report, prepared.texts().judge().fingerprint());
    var facts =
        new GradNasFacts(prepared.spec(), prepared.plan(), pruned, prepared.texts().facts());
    Reports.write(
        job.output(),
        new PruningFacts(pruned.outcome(), job.seed(), facts).report(report, result.note()));
    return report;
  }

  private static Prepared prepare(StageJob job) {
    GradNasSpec spec = GradNasSpec.parse(job.spec());
    TextModel model = model(job, spec);
    GradNasPlan plan =
        GradNasPlan.of(model, spec.output(), spec.uniform(), spec.neuronDivisor(), spec.layers());
    plan.require(spec.constraints());
    var wanted =
        new PruningTexts.Wanted(
            model.network().input(), spec.texts(job.seed()), spec.batches(), spec.batchSize());
    PruningTexts texts =
        PruningTexts.open(job, wanted, (data, uri) -> unlabelled(data, uri, wanted.input()));
    return new Prepared(spec, plan, texts);
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

  private static Optional<String> unlabelled(TextDataset data, URI uri, TextInput input) {
    return input.task() == TextTask.FEATURE_EXTRACTION || data.labelled()
        ? Optional.empty()
        : Optional.of(
            "data %s: gradients need what is right, but nothing is labelled; add a label to each line"
                .formatted(uri));
  }
}
