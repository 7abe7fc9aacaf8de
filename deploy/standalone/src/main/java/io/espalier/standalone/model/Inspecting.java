package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Notes;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.algorithm.fastnas.Inspection;
import io.espalier.worker.algorithm.fastnas.Inspection.AxisView;
import io.espalier.worker.algorithm.fastnas.Inspection.LayerView;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Parts of a model, and what of it can be pruned. */
public final class Inspecting {
  private static final String OWN_AXIS = ".out";

  private final ModelDirectory directory;
  private final Inspection facts;
  private final int divisor;
  private final String rootDigest;

  private Inspecting(ModelDirectory directory, Inspection facts, int divisor, String rootDigest) {
    this.directory = directory;
    this.facts = facts;
    this.divisor = divisor;
    this.rootDigest = rootDigest;
  }

  /**
   * Inspects a directory.
   *
   * @param divisor cut widths are multiples of it
   * @param rules what holds for single layers
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  public static Result of(Path path, int divisor, LayerRules rules) {
    ModelDirectory directory = ModelDirectory.open(path);
    Inspection facts = Inspection.of(directory, divisor, rules);
    var view = new Inspecting(directory, facts, divisor, Manifest.of(path).rootDigest());
    return Result.of(view.json(), view.table());
  }

  private ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("directory", directory.path().toString())
        .put("family", facts.family())
        .put("architecture", facts.architecture())
        .put("rootDigest", rootDigest)
        .put("parameters", facts.cost().parameters())
        .put("flops", facts.cost().flops())
        .put("bytes", facts.cost().bytes())
        .put("tensorCount", directory.tensors().size());
    facts.notCounted().ifPresent(words -> json.put("notCounted", words));
    LocalStages.warn(json, facts.warnings());
    ObjectNode types = json.putObject("tensorsByType");
    countByType().forEach(types::put);
    var axes = json.putArray("axes");
    facts.axes().forEach(axis -> axes.add(node(axis)));
    var layers = json.putArray("layers");
    facts.layers().forEach(layer -> layers.add(node(layer)));
    return json;
  }

  private static ObjectNode node(AxisView axis) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", axis.name()).put("units", axis.units());
    putReason(node, axis.reason());
    axis.choices().forEach(node.putArray("choices")::add);
    return node.put("tensors", axis.tensors().size());
  }

  private static ObjectNode node(LayerView layer) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("name", layer.name()).put("weight", layer.weight());
    layer.shape().forEach(node.putArray("shape")::add);
    layer.axis().ifPresent(axis -> node.put("axis", axis.name()));
    putReason(node, layer.reason());
    return node;
  }

  private static void putReason(ObjectNode node, Optional<String> reason) {
    node.put("prunable", reason.isEmpty());
    reason.ifPresent(words -> node.put("reason", words));
  }

  private String table() {
    var notes = new Notes();
    String layers = layers(notes);
    String axes = axes(notes);
    return """
    directory     %s
    family        %s
    architecture  %s
    root digest   %s
    tensors       %d %s
    parameters    %s%s
    FLOPs         %s per sample (2 x multiply-accumulates)
    bytes         %s

    Layers: the axis that each writes (.out: one of its own), and what it can be cut to (channel divisor %d)
    %s
    Axes: all tensors along an axis are cut alike
    %s
    %s\
    """
            .formatted(
                directory.path(),
                facts.family(),
                facts.architecture(),
                rootDigest,
                directory.tensors().size(),
                countByType(),
                Figures.count(facts.cost().parameters()),
                facts.notCounted().map(" (without %s)"::formatted).orElse(""),
                Figures.count(facts.cost().flops()),
                Figures.count(facts.cost().bytes()),
                divisor,
                layers,
                axes,
                notes)
        + LocalStages.warnings(facts.warnings());
  }

  private String layers(Notes notes) {
    var table = new TextTable("layer", "weight", "axis", "can be cut");
    for (LayerView layer : facts.layers()) {
      table.row(
          layer.name(),
          layer.shape().stream().map(String::valueOf).collect(Collectors.joining("x")),
          layer.axis().map(axis -> shortened(axis.name(), layer.name())).orElse("-"),
          verdict(layer.reason(), layer.axis().map(AxisView::choices).orElse(List.of()), notes));
    }
    return table.toString();
  }

  private String axes(Notes notes) {
    var table = new TextTable("axis", "units", "tensors", "can be cut");
    for (AxisView axis : facts.axes()) {
      table.row(
          axis.name(),
          Figures.count(axis.units()),
          Figures.count(axis.tensors().size()),
          verdict(axis.reason(), axis.choices(), notes));
    }
    return table.toString();
  }

  /** Long names twice in a row would not fit a terminal. */
  private static String shortened(String axis, String layer) {
    return axis.equals(layer + OWN_AXIS) ? OWN_AXIS : axis;
  }

  private static String verdict(Optional<String> reason, List<Integer> choices, Notes notes) {
    return reason
        .map(words -> "no " + notes.mark(words))
        .orElseGet(
            () ->
                "%d to %d, %d choices"
                    .formatted(choices.get(0), choices.get(choices.size() - 1), choices.size()));
  }

  private Map<String, Integer> countByType() {
    var counts = new TreeMap<String, Integer>();
    directory
        .tensors()
        .values()
        .forEach(header -> counts.merge(header.dtype().name(), 1, Integer::sum));
    return counts;
  }
}
