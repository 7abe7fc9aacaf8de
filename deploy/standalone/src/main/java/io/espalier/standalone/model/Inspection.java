package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a model is made of, and what of it can be pruned. */
public final class Inspection {
  private final OpenedModel model;
  private final Cost cost;
  private final String rootDigest;

  private Inspection(OpenedModel model, Cost cost, String rootDigest) {
    this.model = model;
    this.cost = cost;
    this.rootDigest = rootDigest;
  }

  /**
   * Inspects a directory.
   *
   * @throws io.espalier.worker.domain.InvalidInputException with every problem
   */
  public static Result of(Path path) {
    OpenedModel model = OpenedModel.open(path);
    var inspection = new Inspection(model, model.cost(), Manifest.of(path).rootDigest());
    return Result.of(inspection.json(), inspection.table());
  }

  private ObjectNode json() {
    Architecture architecture = model.architecture();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("directory", model.directory().path().toString())
        .put("family", architecture.family())
        .put("architecture", architecture.name())
        .put("rootDigest", rootDigest)
        .put("parameters", cost.parameters())
        .put("flops", cost.flops())
        .put("bytes", cost.bytes())
        .put("tensorCount", model.directory().tensors().size());
    ObjectNode types = json.putObject("tensorsByType");
    countByType().forEach(types::put);
    var axes = json.putArray("axes");
    for (Axis axis : architecture.axes()) {
      ObjectNode node = axes.addObject().put("name", axis.name()).put("units", axis.units());
      Optional<String> reason = reason(axis);
      node.put("prunable", reason.isEmpty());
      reason.ifPresent(words -> node.put("reason", words));
    }
    return json;
  }

  private String table() {
    Architecture architecture = model.architecture();
    var axes = new TextTable("axis", "units", "prunable");
    for (Axis axis : architecture.axes()) {
      axes.row(
          axis.name(),
          Figures.count(axis.units()),
          reason(axis).map(words -> "no: " + words).orElse("yes"));
    }
    return """
        directory     %s
        family        %s
        architecture  %s
        root digest   %s
        tensors       %d %s
        parameters    %s (without normalisations)
        FLOPs         %s per sample (2 x multiply-accumulates)
        bytes         %s

        %s"""
        .formatted(
            model.directory().path(),
            architecture.family(),
            architecture.name(),
            rootDigest,
            model.directory().tensors().size(),
            countByType(),
            Figures.count(cost.parameters()),
            Figures.count(cost.flops()),
            Figures.count(cost.bytes()),
            axes);
  }

  private Optional<String> reason(Axis axis) {
    return Optional.ofNullable(model.architecture().frozen().get(axis.name()));
  }

  private Map<String, Integer> countByType() {
    var counts = new TreeMap<String, Integer>();
    model
        .directory()
        .tensors()
        .values()
        .forEach(header -> counts.merge(header.dtype().name(), 1, Integer::sum));
    return counts;
  }
}
