package io.espalier.worker.stage.quantize;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.quantize.KeptLayer;
import io.espalier.worker.algorithm.quantize.LayerError;
import io.espalier.worker.algorithm.quantize.QuantizationPlan;
import io.espalier.worker.algorithm.quantize.QuantizedLayer;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.ModuleFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.stage.LoadingLines;
import io.espalier.worker.stage.MetricSpread;
import io.espalier.worker.stage.ModelCosts;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.ResultFiles;
import io.espalier.worker.tensor.PyTorch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * Files of a quantization beside the weights: its report, espalier.json, the card.
 *
 * @param errors of the layers, by their names
 * @param judged quality before and after; empty without data
 */
record QuantizeResult(
    StageJob job,
    QuantizeSpec spec,
    QuantizationPlan plan,
    Map<String, LayerError> errors,
    Optional<Judged> judged) {
  private static final List<String> LOADERS = List.of("safetensors", "transformers", "vllm");
  private static final String NO_DATA = "none";

  /** Quality before and after, and the data that say so. */
  record Judged(JudgedData data, Judgement before, Judgement after) {}

  /** Returns what is said to whoever ordered the quantization. */
  StageReport report() {
    Map<String, String> change = new LinkedHashMap<>(spec.said().recorded());
    change.put("seed", Long.toString(job.seed()));
    change.put("scheme", QuantizationWords.scheme(plan.scheme()));
    change.put(
        "layers",
        "%d quantized, %d as they were".formatted(plan.layers().size(), plan.kept().size()));
    change.put("kept", QuantizationWords.kept(plan.kept()));
    change.put("simulated", QuantizationWords.simulated(plan.scheme(), judged.isPresent()));
    change.put(StageReport.OPENING, opening().lines());
    plan.model().carried().ifPresent(kept -> change.put(StageReport.NOT_COUNTED, kept));
    List<String> warnings = new ArrayList<>(plan.model().warnings());
    judged.ifPresent(
        found -> {
          change.putAll(found.data().reading());
          warnings.addAll(found.data().warnings());
        });
    StageReport.warn(change, warnings.stream().distinct().toList());
    return new StageReport(
        "quantize", new QuantizeStage().version(), change, metrics(), loaders(), PyTorch.device());
  }

  /** vLLM is told of where it was asked for; nobody opened the result in it here. */
  private List<String> loaders() {
    return LOADERS.stream()
        .filter(loader -> !loader.equals("vllm") || spec.target().equals(loader))
        .toList();
  }

  private List<Metric> metrics() {
    KnownModel model = plan.model();
    long bytes = ModelDirectory.open(job.output()).bytes();
    List<Metric> metrics = new ArrayList<>();
    for (Metric cost : ModelCosts.of(model, true)) {
      metrics.add(
          cost.name().equals("bytes")
              ? Metric.exact("bytes", "bytes", (double) model.directory().bytes(), (double) bytes)
              : cost);
    }
    metrics.add(
        Metric.exact(QuantizeStage.BITS, "bits", plan.bitsPerNumberBefore(), plan.bitsPerNumber()));
    metrics.add(
        Metric.exact(QuantizeStage.ERROR, "fraction", 0, LayerError.ofAll(errors.values())));
    judged.ifPresent(
        found -> found.before().measures().forEach(m -> metrics.add(metric(found, m))));
    return metrics;
  }

  private static Metric metric(Judged judged, Measure before) {
    return new Metric(
        before.name(),
        before.unit(),
        OptionalDouble.of(before.value()),
        judged.after().measures().stream()
            .filter(measure -> measure.name().equals(before.name()))
            .mapToDouble(Measure::value)
            .findFirst(),
        before.higherIsBetter(),
        Optional.of(judged.data().uri().toString()),
        OptionalLong.of(judged.after().count()));
  }

  /** Completes the output directory. */
  void write(StageReport report) {
    KnownModel model = plan.model();
    ModelDirectory output = ModelDirectory.open(job.output());
    String digest = model.directory().rootDigest();
    new ResultFiles(job, digest, details())
        .writeProvenance(
            report,
            judged.map(found -> found.data().fingerprint()).orElse(NO_DATA),
            Kept.all(),
            output.shapes(),
            opening());
    Reports.write(
        job.output(),
        PruningReport.ofQuantization(
            new PruningReport.Model(
                model.architecture().name(),
                model.architecture().name(),
                model.family().name(),
                Optional.of(digest)),
            setup(report),
            new PruningReport.Result(
                List.of(),
                spread(report.metrics()),
                List.of(),
                LoadingLines.of(report.loadsIn(), opening()),
                modules()),
            data()));
  }

  private List<MetricFacts> spread(List<Metric> metrics) {
    return judged
        .map(found -> MetricSpread.of(found.before(), found.after(), job.seed()).of(metrics))
        .orElseGet(() -> metrics.stream().map(MetricFacts::of).toList());
  }

  private List<ModuleFacts> modules() {
    List<ModuleFacts> modules = new ArrayList<>();
    for (QuantizedLayer layer : plan.layers()) {
      LayerError error = errors.getOrDefault(layer.module(), LayerError.NONE);
      modules.add(
          new ModuleFacts(
              layer.module(),
              "%d × %d".formatted(layer.outputs(), layer.inputs()),
              plan.scheme().format().word(),
              OptionalDouble.of(layer.bitsPerWeight()),
              OptionalDouble.of(error.relative()),
              ""));
    }
    for (KeptLayer layer : plan.kept()) {
      modules.add(
          new ModuleFacts(
              layer.module(),
              "",
              "as it was",
              OptionalDouble.empty(),
              OptionalDouble.empty(),
              layer.reason()));
    }
    return modules;
  }

  /** The same for espalier.json. */
  private ObjectNode details() {
    ObjectNode details = JsonNodeFactory.instance.objectNode();
    ArrayNode list = details.putArray("modules");
    for (ModuleFacts module : modules()) {
      ObjectNode one = list.addObject().put("module", module.module());
      one.put("format", module.format());
      module.bits().ifPresent(bits -> one.put("bits", bits));
      module.error().ifPresent(error -> one.put("error", error));
      if (!module.reason().isEmpty()) {
        one.put("reason", module.reason());
      }
    }
    return details;
  }

  private PruningReport.Setup setup(StageReport report) {
    List<PruningReport.Fact> facts = new ArrayList<>();
    report.change().entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(
            fact ->
                facts.add(PruningReport.Fact.of(fact.getKey(), fact.getKey(), fact.getValue())));
    return new PruningReport.Setup(
        report.algorithm(),
        report.algorithmVersion(),
        report.device(),
        job.seed(),
        "nothing: numbers are rounded to the nearest",
        Optional.empty(),
        facts);
  }

  private List<DataFacts> data() {
    return judged.stream()
        .map(
            found ->
                new DataFacts(
                    "before and after", found.data().uri().toString(), found.data().fingerprint()))
        .toList();
  }

  private Opening opening() {
    return Opening.ofQuantized(
        Opening.of("", List.of("transformers"), plan.model()),
        QuantizationWords.opening(plan.scheme()));
  }
}
