package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.gradnas.GradNas;
import io.espalier.worker.algorithm.gradnas.GradNasImages;
import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.gradnas.GradNasSubject;
import io.espalier.worker.algorithm.gradnas.GradNasTexts;
import io.espalier.worker.algorithm.gradnas.OutputForms;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.PruningSummary;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prunes a transformer, whether it reads text or images: looks at it, scores its heads and neurons
 * by gradients, searches, cuts the files, and measures before and after.
 */
final class GradNasPruner implements Pruner {
  /** Everything that can be known before a tensor is loaded. */
  private record Prepared(
      GradNasSpec spec, OutputForms forms, GradNasSubject<?> subject, PruningData data) {
    Prepared with(OutputForms other) {
      return new Prepared(spec, other, subject, data);
    }
  }

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
    MaskableModel model = model(job, spec);
    return new PruningSummary.Reported(
            model.tokensOneByOne().isPresent(), false, measured(job, spec, model), true)
        .names();
  }

  private static List<String> measured(StageJob job, GradNasSpec spec, MaskableModel model) {
    List<String> names;
    String headline;
    if (model.input() instanceof TextInput text) {
      names = new ArrayList<>(TextMetrics.names(text));
      headline = TextMetrics.headline(text);
    } else {
      PruningImages images = images(job, spec, (ImageTransformerModel) model);
      names = new ArrayList<>(ImageMetrics.names(images.judge().labelled()));
      headline = names.get(0);
    }
    if (GradNasPruning.isReconstructing(spec.reconstruct(), spec.output(), model)) {
      names.add(Measure.asCut(headline));
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
      GradNasPruning.Result pruned = pruned(job, prepared, prepared.subject(), progress);
      return new GradNasResult(job, prepared.spec(), forms, pruned, prepared.data()).deliver();
    } catch (InfeasibleException e) {
      if (forms.plans().size() == 1) {
        throw e;
      }
      LOGGER
          .atInfo()
          .setCause(e)
          .addKeyValue("form", forms.first().output().key())
          .log("no model in this form");
      return run(job, prepared.with(forms.next(e)), progress);
    }
  }

  private static <M extends MaskableModel> GradNasPruning.Result pruned(
      StageJob job, Prepared prepared, GradNasSubject<M> subject, Progress.Listener progress) {
    return new GradNasPruning<>(
            prepared.forms().first(),
            prepared.spec().constraints(),
            prepared.spec().settings(job.seed()),
            subject,
            progress)
        .run(job.output(), job.checkpoints());
  }

  private static Prepared prepare(StageJob job) {
    GradNasSpec spec = GradNasSpec.parse(job.spec());
    MaskableModel model = model(job, spec);
    OutputForms forms = forms(model, spec);
    forms.first().require(spec.constraints());
    if (model instanceof TextModel text) {
      PruningTexts texts = texts(job, spec, text);
      var subject = new GradNasTexts(text, texts.search(), texts.judge());
      return new Prepared(spec, forms, subject, texts);
    }
    var transformer = (ImageTransformerModel) model;
    PruningImages images = images(job, spec, transformer);
    var subject = new GradNasImages(transformer, images.search(), images.judge());
    return new Prepared(spec, forms, subject, images);
  }

  private static PruningTexts texts(StageJob job, GradNasSpec spec, TextModel model) {
    var wanted =
        new PruningTexts.Wanted(
            model.input(), spec.texts(job.seed()), spec.batches(), spec.batchSize());
    return PruningTexts.open(job, wanted, (data, uri) -> unlabelled(data, uri, wanted.input()));
  }

  private static PruningImages images(StageJob job, GradNasSpec spec, ImageTransformerModel model) {
    return PruningImages.open(
        job, model.input(), spec.batches(), spec.batchSize(), GradNasPruner::unlabelled);
  }

  private static Optional<String> unlabelled(ImageDataset images, URI uri) {
    return images.labelled()
        ? Optional.empty()
        : Optional.of(
            "data %s: gradients need what is right, but these images have no classes; put those of each class into a folder of its own"
                .formatted(uri));
  }

  private static OutputForms forms(MaskableModel model, GradNasSpec spec) {
    return spec.output()
        .map(form -> OutputForms.only(GradNasPlan.of(model, form, spec.widths())))
        .orElseGet(() -> OutputForms.of(model, spec.widths(), Optional.of(spec.constraints())));
  }

  private static MaskableModel model(StageJob job, GradNasSpec spec) {
    ModelDirectory directory = ModelDirectory.open(job.input());
    KnownModel known = KnownModel.of(directory);
    MaskableModel model =
        known
            .maskable()
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "prune.algorithm: gradnas prunes attention heads and feed-forward neurons, but %s is of family %s, which has none; ask for fastnas"
                            .formatted(job.input(), known.family().name())));
    spec.unfit(model.input())
        .ifPresent(
            problem -> {
              throw new InvalidInputException(problem);
            });
    return model.input() instanceof TextInput text
        ? TextModel.of(directory, spec.texts(job.seed()).length(text))
        : model;
  }

  private static Optional<String> unlabelled(TextDataset data, URI uri, TextInput input) {
    return input.task() == TextTask.FEATURE_EXTRACTION || data.labelled()
        ? Optional.empty()
        : Optional.of(
            "data %s: gradients need what is right, but nothing is labelled; add a label to each line"
                .formatted(uri));
  }
}
