package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.gradnas.GradNas;
import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.gradnas.OutputForms;
import io.espalier.worker.algorithm.gradnas.TextCompletion;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.report.Reports;
import io.espalier.worker.stage.PruningSummary;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prunes a model that reads text: looks at it, scores its heads and neurons by gradients, searches,
 * cuts the files, and measures before and after.
 */
final class GradNasPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(GradNasSpec spec, OutputForms forms, PruningTexts texts) {}

  private static final Logger LOGGER = LoggerFactory.getLogger(GradNasPruner.class);

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
            model.tokensOneByOne().isPresent(), false, judged(model.network(), spec), true)
        .names();
  }

  private static List<String> judged(TextNetwork network, GradNasSpec spec) {
    var names = new ArrayList<>(TextMetrics.names(network.input()));
    if (TextCompletion.isWanted(spec.reconstruct(), spec.output(), network)) {
      names.add(Measure.asCut(TextMetrics.headline(network.input())));
    }
    return names;
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    return run(job, prepare(job), progress);
  }

  /**
   * Returns whether times of layers can be met is known only once they are measured, form by form.
   */
  private static StageReport run(StageJob job, Prepared prepared, Progress.Listener progress) {
    OutputForms forms = prepared.forms();
    try {
      GradNasPruning.Result pruned = pruned(job, prepared, progress);
      return result(job, prepared, pruned);
    } catch (InfeasibleException e) {
      if (forms.plans().size() == 1) {
        throw e;
      }
      LOGGER
          .atInfo()
          .setCause(e)
          .addKeyValue("form", forms.first().output().key())
          .log("no model in this form");
      return run(job, new Prepared(prepared.spec(), forms.next(e), prepared.texts()), progress);
    }
  }

  private static GradNasPruning.Result pruned(
      StageJob job, Prepared prepared, Progress.Listener progress) {
    return new GradNasPruning(
            prepared.forms().first(),
            prepared.spec().constraints(),
            prepared.spec().settings(job.seed()),
            prepared.texts().search(),
            prepared.texts().judge(),
            progress)
        .run(job.output(), job.checkpoints());
  }

  private static StageReport result(StageJob job, Prepared prepared, GradNasPruning.Result pruned) {
    var result =
        new GradNasResult(job, prepared.spec(), prepared.forms(), pruned, prepared.texts());
    StageReport report = result.report();
    result.write(report, prepared.texts().judge().fingerprint());
    var facts =
        new GradNasFacts(
            prepared.spec(), prepared.forms().first(), pruned, prepared.texts().facts());
    Reports.write(
        job.output(),
        new PruningFacts(pruned.outcome(), job.seed(), facts).report(report, result.opening()));
    return report;
  }

  private static Prepared prepare(StageJob job) {
    GradNasSpec spec = GradNasSpec.parse(job.spec());
    TextModel model = model(job, spec);
    OutputForms forms = forms(model, spec);
    forms.first().require(spec.constraints());
    var wanted =
        new PruningTexts.Wanted(
            model.network().input(), spec.texts(job.seed()), spec.batches(), spec.batchSize());
    PruningTexts texts =
        PruningTexts.open(job, wanted, (data, uri) -> unlabelled(data, uri, wanted.input()));
    return new Prepared(spec, forms, texts);
  }

  private static OutputForms forms(TextModel model, GradNasSpec spec) {
    return spec.output()
        .map(form -> OutputForms.only(GradNasPlan.of(model, form, spec.widths())))
        .orElseGet(() -> OutputForms.of(model, spec.widths(), Optional.of(spec.constraints())));
  }

  private static TextModel model(StageJob job, GradNasSpec spec) {
    ModelDirectory directory = ModelDirectory.open(job.input());
    Family family = Families.of(directory.config());
    if (!(family instanceof TextFamily)) {
      throw new InvalidInputException(
          "prune.algorithm: gradnas prunes models that read text, but %s is of family %s, which tells images apart; %s"
              .formatted(job.input(), family.name(), other(family)));
    }
    TextInput input = TextModel.of(directory).network().input();
    spec.unfit(input)
        .ifPresent(
            problem -> {
              throw new InvalidInputException(problem);
            });
    return TextModel.of(directory, spec.texts(job.seed()).length(input));
  }

  private static String other(Family family) {
    return family instanceof VisionFamily vision && !vision.widthsFollowFromTensors()
        ? "no algorithm prunes that family yet"
        : "ask for fastnas";
  }

  private static Optional<String> unlabelled(TextDataset data, URI uri, TextInput input) {
    return input.task() == TextTask.FEATURE_EXTRACTION || data.labelled()
        ? Optional.empty()
        : Optional.of(
            "data %s: gradients need what is right, but nothing is labelled; add a label to each line"
                .formatted(uri));
  }
}
