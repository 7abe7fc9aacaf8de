package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.TextMeasure;
import io.espalier.worker.algorithm.gradnas.GradNas;
import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.gradnas.OutputMode;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a pruning by GradNAS leaves behind beside weights and config.json: its report,
 * espalier.json.
 *
 * @param dataset where the data lie that it was judged by
 */
record GradNasResult(
    StageJob job, GradNasSpec spec, GradNasPlan plan, GradNasPruning.Result pruned, URI dataset) {

  /** What is said to whoever ordered the pruning. */
  StageReport report() {
    return new StageReport(
        GradNasSpec.GRADNAS, GradNas.VERSION, change(), metrics(), loadsIn(), pruned.device());
  }

  /** Completes the output directory. */
  void write(StageReport report, String datasetDigest) {
    var files = new ResultFiles(job, plan.model().directory().rootDigest());
    var widths = new LinkedHashMap<String, Integer>();
    pruned.model().architecture().axes().forEach(axis -> widths.put(axis.name(), axis.units()));
    files.markWidths(widths);
    files.writeProvenance(
        report, datasetDigest, pruned.kept(), pruned.model().architecture().shapes(), note());
  }

  private List<String> loadsIn() {
    var loaders =
        new ArrayList<>(pruned.model().family().loadsIn(pruned.model().directory().config()));
    if (plan.output() == OutputMode.PRUNED_HEADS && !loaders.contains("transformers")) {
      loaders.add("transformers<5");
    }
    return loaders;
  }

  private String note() {
    return switch (plan.output()) {
      case PER_LAYER ->
          "layers are as wide as config.json lists; transformers builds all layers equally wide and opens it only if they are";
      case PRUNED_HEADS ->
          "transformers 4 removes the heads that pruned_heads in config.json names while it builds the model; transformers 5 does not";
      case UNIFORM -> "all layers are equally wide, so any loader of the family opens it";
      case ZERO_PADDED ->
          "what was pruned is zero and still there: any loader of the family opens it, and it costs what the original costs";
    };
  }

  private Map<String, String> change() {
    var change = new LinkedHashMap<String, String>();
    for (Budget.Bound bound : pruned.budget().bounds()) {
      String key = bound.quantity().key();
      change.put("constraints." + key + ".asked", bound.asked());
      if (bound.quantity() != Quantity.LATENCY) { // times are not the same each time
        change.put("constraints." + key + ".limit", Long.toString(bound.limit()));
        change.put(
            "constraints." + key + ".reached",
            Long.toString(bound.quantity().of(pruned.after().cost())));
      }
    }
    for (Axis axis : plan.model().architecture().prunableAxes()) {
      change.put("widths." + axis.name(), axis.units() + " -> " + pruned.kept().width(axis));
    }
    change.put("neuronDivisor", Integer.toString(spec.neuronDivisor()));
    change.put("seed", Long.toString(job.seed()));
    change.put("batches", Integer.toString(pruned.scores().batches()));
    change.put("batchSize", Integer.toString(spec.batchSize()));
    change.put("tokens", Integer.toString(plan.model().tokens()));
    change.put("normalisation", spec.normalisation().key());
    change.put("objective", spec.objective().key());
    change.put("output", spec.output().key());
    return change;
  }

  private List<Metric> metrics() {
    GradNasPruning.Measured before = pruned.before();
    GradNasPruning.Measured after = pruned.after();
    var metrics = new ArrayList<Metric>();
    metrics.add(exact(Quantity.PARAMETERS, "count"));
    metrics.add(exact(Quantity.FLOPS, "count"));
    metrics.add(exact(Quantity.BYTES, "bytes"));
    for (int i = 0; i < before.measures().size(); i++) {
      metrics.add(judged(before.measures().get(i), after.measures().get(i)));
    }
    metrics.add(
        new Metric(
            PruneResult.LATENCY,
            "milliseconds",
            OptionalDouble.of(before.latency().medianMillis()),
            OptionalDouble.of(after.latency().medianMillis()),
            false,
            Optional.empty(),
            OptionalLong.of(after.latency().repetitions())));
    return metrics;
  }

  private Metric exact(Quantity quantity, String unit) {
    return Metric.exact(
        quantity.key(),
        unit,
        (double) quantity.of(pruned.before().cost()),
        (double) quantity.of(pruned.after().cost()));
  }

  private Metric judged(TextMeasure before, TextMeasure after) {
    return new Metric(
        before.name(),
        before.unit(),
        OptionalDouble.of(before.value()),
        OptionalDouble.of(after.value()),
        before.higherIsBetter(),
        Optional.of(dataset.toString()),
        OptionalLong.of(pruned.samples()));
  }
}
