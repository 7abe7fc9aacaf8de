package io.espalier.worker.stage.evaluate;

import io.espalier.schemas.stage.EvaluateKeys;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.stage.CopiedModel;
import io.espalier.worker.stage.ModelCosts;
import io.espalier.worker.stage.Provenance;
import io.espalier.worker.stage.PruningSummary;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Measures a model: how good it is on the data of role {@code eval}, size, operations, and the
 * latency of one image or sequence on this device.
 *
 * <p>The model goes out as it came in. Since nothing has changed, metrics have a value {@code
 * after} only.
 */
public final class EvaluateStage implements Stage {
  private static final String NAME = "evaluate";
  private static final String DATA = "eval";

  /** Everything that a job names, opened and found to fit together. */
  private record Opened(EvaluateSettings settings, Subject subject, URI uri) {}

  @Override
  public StageDeclaration declaration() {
    return EvaluateKeys.EVALUATE;
  }

  @Override
  public String version() {
    return "2";
  }

  @Override
  public void check(StageJob job) {
    open(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    Opened opened = open(job);
    var names = new LinkedHashSet<>(opened.subject().measureNames());
    names.addAll(
        ModelCosts.of(opened.subject().model(), false).stream().map(Metric::name).toList());
    if (opened.settings().latencyRepetitions() > 0) {
      names.add(PruningSummary.LATENCY);
    }
    return names;
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Opened opened = open(job);
    KnownModel model = opened.subject().model();
    var metrics = new ArrayList<Metric>();
    var change = new LinkedHashMap<>(opened.subject().reading());
    StageReport.warn(change, opened.subject().warnings());
    model.carried().ifPresent(kept -> change.put(StageReport.NOT_COUNTED, kept));
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      metrics.addAll(quality(opened, weights, change, progress));
      metrics.addAll(ModelCosts.of(model, false));
      if (opened.settings().latencyRepetitions() > 0) {
        metrics.add(latency(opened, weights, change));
      }
    }
    CopiedModel.copy(job.input(), job.output());
    return new StageReport(
        NAME, version(), change, metrics, Provenance.loaders(model), PyTorch.device());
  }

  /** Opens model, settings and data, and gathers what is wrong with any of them. */
  private static Opened open(StageJob job) {
    Problems problems = Problems.ofSeveral();
    Optional<EvaluateSettings> settings = problems.attempt(() -> EvaluateSettings.of(job.spec()));
    Optional<URI> uri = Optional.ofNullable(job.data().get(DATA));
    if (uri.isEmpty()) {
      problems.add(
          "evaluate needs data of role '%s', but the job has %s",
          DATA, job.data().isEmpty() ? "none" : job.data().keySet());
    }
    EvaluateSettings said = settings.orElse(EvaluateSettings.USUAL);
    Optional<Opened> opened =
        problems
            .attempt(() -> KnownModel.of(ModelDirectory.open(job.input())))
            .flatMap(
                model ->
                    uri.flatMap(
                        where ->
                            problems.attempt(
                                () ->
                                    new Opened(
                                        said, subject(said, model, where, job.seed()), where))));
    problems.throwIfAny();
    return opened.orElseThrow();
  }

  private static Subject subject(EvaluateSettings settings, KnownModel model, URI uri, long seed) {
    return model instanceof TextModel text
        ? TextSubject.open(settings, text.directory(), uri, seed)
        : VisionSubject.open(settings, (VisionModel) model, uri);
  }

  private static List<Metric> quality(
      Opened opened, Weights weights, Map<String, String> change, Progress.Listener progress) {
    Subject.Quality quality = opened.subject().quality(weights, progress);
    change.put("samples", Long.toString(quality.samples()));
    change.put("batch", Integer.toString(opened.subject().batch()));
    for (Measure measure : quality.measures()) {
      if (!Double.isFinite(measure.value())) {
        throw new InvalidInputException(
            "evaluate: the %s of %s on %s is %s, so its outputs are no numbers; look for infinite or undefined weights%s"
                .formatted(
                    measure.name(),
                    opened.subject().model().directory().path(),
                    opened.uri(),
                    measure.value(),
                    opened.subject().otherCause()));
      }
    }
    return quality.measures().stream()
        .map(
            measure ->
                new Metric(
                    measure.name(),
                    measure.unit(),
                    OptionalDouble.empty(),
                    OptionalDouble.of(measure.value()),
                    measure.higherIsBetter(),
                    Optional.of(opened.uri().toString()),
                    OptionalLong.of(quality.samples())))
        .toList();
  }

  private static Metric latency(Opened opened, Weights weights, Map<String, String> change) {
    Latency latency = opened.subject().latency(weights, opened.settings().latencyRepetitions());
    change.put(
        PruningSummary.LATENCY,
        String.format(
            Locale.ROOT,
            "median %.3f, 10%% below %.3f, 10%% above %.3f; %s",
            latency.medianMillis(),
            latency.lowMillis(),
            latency.highMillis(),
            opened.subject().sample()));
    return plain(
        PruningSummary.LATENCY,
        "milliseconds",
        latency.medianMillis(),
        OptionalLong.of(latency.repetitions()));
  }

  private static Metric plain(String name, String unit, double value, OptionalLong samples) {
    return new Metric(
        name,
        unit,
        OptionalDouble.empty(),
        OptionalDouble.of(value),
        false,
        Optional.empty(),
        samples);
  }
}
