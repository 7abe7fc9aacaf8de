package io.espalier.worker.stage.quantize;

import io.espalier.schemas.stage.QuantizeKeys;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.algorithm.quantize.LayerError;
import io.espalier.worker.algorithm.quantize.QuantizationPlan;
import io.espalier.worker.algorithm.quantize.QuantizedFiles;
import io.espalier.worker.algorithm.quantize.SimulatedQuantization;
import io.espalier.worker.algorithm.train.ComparedHeldOut;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.ModelCosts;
import io.espalier.worker.stage.Provenance;
import io.espalier.worker.stage.Stage;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Stores the linear layers of a transformer in fewer bits, as compressed-tensors has it, without
 * any data. Where there are data of role {@code eval}, the model is judged before and after, the
 * latter by what the written files stand for.
 */
public final class QuantizeStage implements Stage {
  /** Metric of the bits that a number takes. */
  static final String BITS = "bitsPerParameter";

  /** Metric of the error of quantized weights. */
  static final String ERROR = "weightError";

  private static final String TRANSFORMERS = "transformers";

  /** Everything that a job names, opened and found to fit together. */
  private record Opened(QuantizeSpec spec, QuantizationPlan plan, Optional<JudgedData> data) {}

  @Override
  public StageDeclaration declaration() {
    return QuantizeKeys.QUANTIZE;
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
    Opened opened = open(job);
    Set<String> names = new LinkedHashSet<>();
    ModelCosts.of(opened.plan().model(), true).stream().map(Metric::name).forEach(names::add);
    names.addAll(List.of(BITS, ERROR));
    opened.data().ifPresent(data -> names.addAll(data.measureNames()));
    return names;
  }

  /** Files are written first: numbers that are not finite are found before anything is judged. */
  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Opened opened = open(job);
    QuantizationPlan plan = opened.plan();
    Map<String, LayerError> errors = QuantizedFiles.write(plan, job.output(), progress);
    Optional<QuantizeResult.Judged> judged =
        opened.data().map(data -> judge(data, plan, job, progress));
    var result = new QuantizeResult(job, opened.spec(), plan, errors, judged);
    StageReport report = result.report();
    result.write(report);
    return report;
  }

  private static QuantizeResult.Judged judge(
      JudgedData data, QuantizationPlan plan, StageJob job, Progress.Listener progress) {
    KnownModel model = plan.model();
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      ComparedHeldOut<?> samples = data.beside().apply(weights, progress);
      SimulatedQuantization.apply(plan, ModelDirectory.open(job.output()), weights);
      return new QuantizeResult.Judged(data, samples.ofReference(), samples.judge(weights));
    }
  }

  /** Opens model, settings and data, and gathers what is wrong with any of them. */
  private static Opened open(StageJob job) {
    Problems problems = Problems.ofSeveral();
    Optional<QuantizeSpec> spec = problems.attempt(() -> QuantizeSpec.parse(job.spec()));
    Optional<KnownModel> model = problems.attempt(() -> model(ModelDirectory.open(job.input())));
    problems.throwIfAny();
    QuantizeSpec said = spec.orElseThrow();
    KnownModel known = atLength(said, model.orElseThrow(), job.seed());
    Optional<QuantizationPlan> plan =
        problems.attempt(() -> QuantizationPlan.of(known, said.scheme(), said.ignored()));
    problems.attempt(() -> requireLoader(said, known));
    Optional<Optional<JudgedData>> data = problems.attempt(() -> JudgedData.open(job, said, known));
    problems.throwIfAny();
    return new Opened(said, plan.orElseThrow(), data.orElseThrow());
  }

  private static KnownModel model(ModelDirectory directory) {
    QuantizedFiles.requireWhole(directory);
    return KnownModel.of(directory);
  }

  private static KnownModel atLength(QuantizeSpec spec, KnownModel model, long seed) {
    return model instanceof TextModel text
        ? TextModel.of(text.directory(), spec.texts(seed).length(text.input()))
        : model;
  }

  /** What opens in no stock loader as it is opens in none of quantized models either. */
  private static boolean requireLoader(QuantizeSpec spec, KnownModel model) {
    List<String> loaders = Provenance.loaders(model);
    if (loaders.stream().noneMatch(loader -> loader.startsWith(TRANSFORMERS))) {
      throw new InvalidInputException(
          "quantize.target: %s opens quantized models that transformers opens as they are, but %s opens in %s; prune so that all layers have one width"
              .formatted(spec.target(), model.directory().path(), loaders));
    }
    return true;
  }
}
