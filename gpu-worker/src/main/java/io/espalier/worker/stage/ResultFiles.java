package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.fact.FactsJson;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Kept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The files that a pruning leaves beside the weights.
 *
 * @param parentDigest root digest of the model that went in
 * @param details what else espalier.json says of the stage, by key
 */
public record ResultFiles(StageJob job, String parentDigest, ObjectNode details) {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Files of a stage of which there is nothing else to say. */
  public ResultFiles(StageJob job, String parentDigest) {
    this(job, parentDigest, JSON.createObjectNode());
  }

  /** Says in the result's config.json how wide every axis is. */
  public void markWidths(Map<String, Integer> widths) {
    ObjectNode config = ModelDirectory.open(job.output()).config();
    ObjectNode mark = JSON.createObjectNode();
    mark.set("widths", JSON.valueToTree(widths));
    config.set("espalier", mark);
    write(ModelDirectory.CONFIG, config);
  }

  /**
   * Writes how the result was made, for programs and in a card of its own for people.
   *
   * @param datasetDigest SHA-256 of the data that it was judged by
   * @param kept the units that stay
   * @param shapes of its tensors by name
   * @param opening how it is opened
   */
  public void writeProvenance(
      StageReport report,
      String datasetDigest,
      Kept kept,
      Map<String, long[]> shapes,
      Opening opening) {
    ObjectNode root = JSON.createObjectNode();
    root.put("parent", parentDigest);
    ObjectNode stage = JSON.createObjectNode();
    stage.put("kind", job.kind().name());
    stage.put("algorithm", report.algorithm());
    stage.put("version", report.algorithmVersion());
    stage.put("seed", job.seed());
    stage.put("device", report.device());
    stage.put("spec", job.spec());
    stage.set("change", JSON.valueToTree(new TreeMap<>(report.change())));
    stage.set("facts", FactsJson.of(report.facts()));
    stage.put("dataset", datasetDigest);
    stage.set("metrics", metrics(report));
    stage.set("kept", JSON.valueToTree(kept.units()));
    stage.setAll(details);
    stages(root).add(stage);
    root.set("shapes", JSON.valueToTree(shapes));
    root.set("loadsIn", JSON.valueToTree(report.loadsIn()));
    root.put("loadsInNote", opening.note());
    root.put("opening", opening.lines());
    write(Provenance.FILE, root);
    writeCard(report, opening);
  }

  /** Figures in the card of the model that went in are no longer true, so it is put aside. */
  private void writeCard(StageReport report, Opening opening) {
    ObjectNode config = ModelDirectory.open(job.output()).config();
    String network =
        config.path("architectures").path(0).asText(config.path("architecture").asText());
    Optional<ParentCard> parent = ParentCard.of(job.input());
    if (parent.isPresent() && !parent.get().isOurs()) {
      Path card = job.output().resolve(ParentCard.FILE);
      try {
        Files.move(
            card, job.output().resolve(ModelCard.PARENT), StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new WorkerException("cannot keep %s: %s".formatted(card, e), true, e);
      }
    }
    var card = new ModelCard(job, parentDigest, report, opening, network);
    boolean keepsParent = Files.exists(job.output().resolve(ModelCard.PARENT));
    write(ParentCard.FILE, card.text(parent, keepsParent));
  }

  /** The stages that made the input, if it came from here, to which this one is added. */
  private ArrayNode stages(ObjectNode root) {
    ArrayNode stages = root.putArray("stages");
    Provenance.of(job.input()).ifPresent(before -> before.path("stages").forEach(stages::add));
    return stages;
  }

  /**
   * Returns what was measured, but for times and places: the same job must leave the same bits
   * anywhere.
   */
  private static ArrayNode metrics(StageReport report) {
    ArrayNode metrics = JSON.createArrayNode();
    for (Metric metric : report.metrics()) {
      if (metric.name().equals(PruningSummary.LATENCY)) {
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

  public void write(String name, String content) {
    Path file = job.output().resolve(name);
    try {
      Files.writeString(file, content);
    } catch (IOException e) {
      throw new WorkerException("cannot write %s: %s".formatted(file, e), true, e);
    }
  }
}
