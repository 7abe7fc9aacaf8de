package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.Measured;
import io.espalier.worker.algorithm.fastnas.Plan;
import io.espalier.worker.algorithm.fastnas.Pruning;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Layer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final String LATENCY = "latencyMillis";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
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
    ObjectNode config = ModelDirectory.open(job.output()).config();
    ObjectNode mark = JSON.createObjectNode();
    mark.set("widths", JSON.valueToTree(widths()));
    config.set("espalier", mark);
    write(ModelDirectory.CONFIG, config);
    write("espalier.json", provenance(report));
    if (report.loadsIn().contains(TimmShapes.LOADER)) {
      write(TimmShapes.FILE, TimmShapes.line(shapes()));
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

  private ObjectNode provenance(StageReport report) {
    ObjectNode root = JSON.createObjectNode();
    root.put("parent", plan.model().rootDigest());
    ObjectNode stage = JSON.createObjectNode();
    stage.put("kind", job.kind().name());
    stage.put("algorithm", report.algorithm());
    stage.put("version", report.algorithmVersion());
    stage.put("seed", job.seed());
    stage.put("device", report.device());
    stage.put("spec", job.spec());
    stage.set("change", JSON.valueToTree(new java.util.TreeMap<>(report.change())));
    stage.put("dataset", datasetDigest);
    stage.set("metrics", metrics(report));
    stage.set("kept", JSON.valueToTree(pruned.kept().units()));
    stages(root).add(stage);
    root.set("shapes", JSON.valueToTree(shapes()));
    root.set("loadsIn", JSON.valueToTree(report.loadsIn()));
    root.put("loadsInNote", note(report));
    return root;
  }

  /** The stages that made the input, if it came from here, to which this one is added. */
  private ArrayNode stages(ObjectNode root) {
    ArrayNode stages = root.putArray("stages");
    Path before = job.input().resolve("espalier.json");
    if (Files.isRegularFile(before)) {
      try {
        JSON.readTree(before.toFile()).path("stages").forEach(stages::add);
      } catch (IOException e) {
        throw new WorkerException("cannot read %s: %s".formatted(before, e), false, e);
      }
    }
    return stages;
  }

  /**
   * What was measured, but for times and places: the same job must leave the same bits anywhere.
   */
  private static ArrayNode metrics(StageReport report) {
    ArrayNode metrics = JSON.createArrayNode();
    for (Metric metric : report.metrics()) {
      if (metric.name().equals(LATENCY)) {
        continue;
      }
      ObjectNode node = metrics.addObject();
      node.put("name", metric.name()).put("unit", metric.unit());
      metric.before().ifPresent(value -> node.put("before", value));
      metric.after().ifPresent(value -> node.put("after", value));
      metric.samples().ifPresent(value -> node.put("samples", value));
    }
    return metrics;
  }

  private void write(String name, ObjectNode content) {
    try {
      write(name, JSON.writeValueAsString(content) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write %s as JSON".formatted(name), e);
    }
  }

  private void write(String name, String content) {
    Path file = job.output().resolve(name);
    try {
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }
}
