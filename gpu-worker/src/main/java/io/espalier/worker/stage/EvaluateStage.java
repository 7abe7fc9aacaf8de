package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.family.VisionModel;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.stream.Stream;

/**
 * Measures a model: accuracy and loss on the data of role {@code eval}, size, operations, and the
 * latency of one image on this device.
 *
 * <p>The model goes out as it came in. Since nothing has changed, metrics have a value {@code
 * after} only.
 */
public final class EvaluateStage implements Stage {
  private static final String NAME = "evaluate";
  private static final String DATA = "eval";

  /** Everything that a job names, opened and found to fit together. */
  private record Opened(EvaluateSettings settings, VisionModel model, URI uri, ImageDataset data) {}

  @Override
  public StageKind kind() {
    return StageKind.EVALUATE;
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public void check(StageJob job) {
    open(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    var names = new LinkedHashSet<>(List.of("accuracy", "loss", "parameters", "flops", "bytes"));
    if (open(job).settings().latencyRepetitions() > 0) {
      names.add("latencyMillis");
    }
    return names;
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Opened opened = open(job);
    var metrics = new ArrayList<Metric>();
    var change = new LinkedHashMap<String, String>();
    change.put("samples", String.valueOf(opened.data().size()));
    change.put("batch", String.valueOf(opened.settings().batch()));
    try (Weights weights =
        Weights.load(opened.model().directory(), opened.model().architecture())) {
      metrics.addAll(quality(opened, weights, progress));
      metrics.addAll(costs(opened));
      if (opened.settings().latencyRepetitions() > 0) {
        metrics.add(latency(opened, weights, change));
      }
    }
    copy(job.input(), job.output());
    return new StageReport(
        NAME, version(), change, metrics, loaders(opened.model()), PyTorch.device());
  }

  /** Opens model, settings and data, and gathers what is wrong with any of them. */
  private static Opened open(StageJob job) {
    var problems = new ArrayList<String>();
    Optional<EvaluateSettings> settings = attempt(() -> EvaluateSettings.of(job.spec()), problems);
    Optional<URI> uri = Optional.ofNullable(job.data().get(DATA));
    if (uri.isEmpty()) {
      problems.add(
          "evaluate needs data of role '%s', but the job has %s"
              .formatted(DATA, job.data().isEmpty() ? "none" : job.data().keySet()));
    }
    Optional<Opened> opened =
        attempt(() -> VisionModel.of(ModelDirectory.open(job.input())), problems)
            .flatMap(
                model ->
                    uri.flatMap(
                        where ->
                            attempt(
                                () ->
                                    openData(
                                        settings.orElse(EvaluateSettings.of("")), model, where),
                                problems)));
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return opened.orElseThrow();
  }

  /** What the one who made the model says of its loaders; else what its family says. */
  private static List<String> loaders(VisionModel model) {
    Path provenance = model.directory().path().resolve("espalier.json");
    if (!Files.isRegularFile(provenance)) {
      return model.family().loadsIn(model.directory().config());
    }
    try {
      var loaders = new ArrayList<String>();
      new ObjectMapper()
          .readTree(provenance.toFile())
          .path("loadsIn")
          .forEach(loader -> loaders.add(loader.asText()));
      return loaders.isEmpty() ? model.family().loadsIn(model.directory().config()) : loaders;
    } catch (IOException e) {
      throw new WorkerException("cannot read %s: %s".formatted(provenance, e), false, e);
    }
  }

  private static Opened openData(EvaluateSettings settings, VisionModel model, URI uri) {
    ImageDataset data = ImageDatasets.open(uri, model.input()).first(settings.samples());
    return new Opened(settings, model, uri, data);
  }

  private interface Opening<R> {
    R open();
  }

  private static <R> Optional<R> attempt(Opening<R> opening, List<String> problems) {
    try {
      return Optional.of(opening.open());
    } catch (InvalidInputException e) {
      problems.addAll(e.problems());
      return Optional.empty();
    }
  }

  private static List<Metric> quality(Opened opened, Weights weights, Progress.Listener progress) {
    Evaluation.Quality quality =
        Evaluation.quality(
            opened.model().family(), weights, opened.data(), opened.settings().batch(), progress);
    if (!Double.isFinite(quality.loss())) {
      throw new InvalidInputException(
          "evaluate: the loss of %s on %s is %s, so its outputs are no numbers; look for infinite or undefined weights, or images of another normalisation"
              .formatted(opened.model().directory().path(), opened.uri(), quality.loss()));
    }
    Optional<String> data = Optional.of(opened.uri().toString());
    OptionalLong samples = OptionalLong.of(quality.samples());
    return List.of(
        new Metric(
            "accuracy",
            "fraction",
            OptionalDouble.empty(),
            OptionalDouble.of(quality.accuracy()),
            true,
            data,
            samples),
        new Metric(
            "loss",
            "nats",
            OptionalDouble.empty(),
            OptionalDouble.of(quality.loss()),
            false,
            data,
            samples));
  }

  private static List<Metric> costs(Opened opened) {
    Cost cost = CostModel.of(opened.model().architecture()).cost(Widths.all());
    return List.of(
        plain("parameters", "count", (double) cost.parameters(), OptionalLong.empty()),
        plain("flops", "count", (double) cost.flops(), OptionalLong.empty()),
        plain("bytes", "bytes", (double) opened.model().directory().bytes(), OptionalLong.empty()));
  }

  private static Metric latency(Opened opened, Weights weights, Map<String, String> change) {
    InputSpec image = opened.model().input();
    Latency latency =
        Evaluation.latency(
            opened.model().family(),
            weights,
            opened.settings().latencyRepetitions(),
            image.channels(),
            image.height(),
            image.width());
    change.put(
        "latencyMillis",
        String.format(
            Locale.ROOT,
            "median %.3f, 10%% below %.3f, 10%% above %.3f; one image of %d x %d x %d",
            latency.medianMillis(),
            latency.lowMillis(),
            latency.highMillis(),
            image.channels(),
            image.height(),
            image.width()));
    return plain(
        "latencyMillis",
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

  private static void copy(Path from, Path to) {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    } catch (IOException e) {
      throw new WorkerException(
          "evaluate: cannot copy the model from %s to %s: %s".formatted(from, to, e), true, e);
    }
  }
}
