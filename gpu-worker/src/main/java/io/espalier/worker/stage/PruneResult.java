package io.espalier.worker.stage;

import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.Measured;
import io.espalier.worker.algorithm.fastnas.Plan;
import io.espalier.worker.algorithm.fastnas.Pruning;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a pruning leaves behind beside the weights: its report, config.json, espalier.json.
 *
 * @param dataset where the data lie that it was judged by
 * @param datasetDigest SHA-256 of their content
 * @param labelled whether they have classes
 */
record PruneResult(
    StageJob job,
    PruneSpec spec,
    Plan plan,
    Pruning.Result pruned,
    URI dataset,
    String datasetDigest,
    boolean labelled) {
  static final String LATENCY = "latencyMillis";

  private static final String NOTE_ON_OTHERS =
      "timm.create_model, torchvision and transformers build every block of a stage equally wide, so"
          + " they do not load this model; a network built with the widths in config.json"
          + " (espalier.widths) loads its state dict as it is";

  /**
   * Names of the metrics that a pruning reports.
   *
   * @param labelled whether the images that it is judged by have classes
   */
  static Set<String> metricNames(boolean labelled) {
    var names = new LinkedHashSet<String>();
    for (Quantity quantity : List.of(Quantity.PARAMETERS, Quantity.FLOPS, Quantity.BYTES)) {
      names.add(quantity.key());
    }
    if (labelled) {
      names.addAll(List.of("accuracy", "loss"));
    }
    names.addAll(List.of("agreement", LATENCY));
    return names;
  }

  /** What is said to whoever ordered the pruning. */
  StageReport report() {
    return new StageReport(
        PruneSpec.FASTNAS,
        FastNas.VERSION,
        change(),
        metrics(),
        plan.family().loadsIn(plan.model().config()),
        pruned.device());
  }

  /** Completes the output directory. */
  void write(StageReport report) {
    var files = new ResultFiles(job, plan.model().rootDigest());
    files.markWidths(widths());
    files.writeProvenance(report, datasetDigest, pruned.kept(), shapes(), note(report));
    if (report.loadsIn().contains(TimmShapes.LOADER)) {
      files.write(TimmShapes.FILE, TimmShapes.line(shapes()));
    }
  }

  private Map<String, long[]> shapes() {
    return plan.architecture().keep(pruned.kept()).shapes();
  }

  private String note(StageReport report) {
    if (!report.loadsIn().contains(TimmShapes.LOADER)) {
      return NOTE_ON_OTHERS;
    }
    List<Layer> layers = plan.architecture().layers();
    int classes = layers.get(layers.size() - 1).out().size();
    return TimmShapes.note(
        plan.model().config(), classes, plan.input().channels(), plan.model().sharded());
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
    for (Axis axis : plan.architecture().prunableAxes()) {
      int width = pruned.selection().widths().of(axis);
      change.put("widths." + axis.name(), axis.units() + " -> " + width);
    }
    change.put("channelDivisor", Integer.toString(spec.channelDivisor()));
    change.put("seed", Long.toString(job.seed()));
    change.put("evaluations", Integer.toString(pruned.sensitivity().evaluations()));
    change.put("objective", spec.objective().key());
    change.put("importance", spec.importance().key());
    return change;
  }

  private List<Metric> metrics() {
    Measured before = pruned.before();
    Measured after = pruned.after();
    var metrics = new ArrayList<Metric>();
    metrics.add(exact(Quantity.PARAMETERS, "count", before, after));
    metrics.add(exact(Quantity.FLOPS, "count", before, after));
    metrics.add(exact(Quantity.BYTES, "bytes", before, after));
    if (labelled) {
      metrics.add(
          judged(
              "accuracy",
              "fraction",
              true,
              before.quality().accuracy(),
              after.quality().accuracy()));
      metrics.add(judged("loss", "nats", false, before.quality().loss(), after.quality().loss()));
    }
    metrics.add(judged("agreement", "fraction", true, before.agreement(), after.agreement()));
    metrics.add(
        new Metric(
            LATENCY,
            "milliseconds",
            OptionalDouble.of(before.latency().medianMillis()),
            OptionalDouble.of(after.latency().medianMillis()),
            false,
            Optional.empty(),
            OptionalLong.of(after.latency().repetitions())));
    return metrics;
  }

  private static Metric exact(Quantity quantity, String unit, Measured before, Measured after) {
    return Metric.exact(
        quantity.key(),
        unit,
        (double) quantity.of(before.cost()),
        (double) quantity.of(after.cost()));
  }

  private Metric judged(
      String name, String unit, boolean higherIsBetter, double before, double after) {
    return new Metric(
        name,
        unit,
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        higherIsBetter,
        Optional.of(dataset.toString()),
        OptionalLong.of(pruned.after().quality().samples()));
  }

  private Map<String, Integer> widths() {
    var widths = new LinkedHashMap<String, Integer>();
    plan.architecture().axes().forEach(axis -> widths.put(axis.name(), pruned.kept().width(axis)));
    return widths;
  }
}
