package io.espalier.worker.stage.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDigests;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A stage's job as a JSON file: how the supervisor tells its child what to do. */
final class JobFile {
  private static final String ROOT = "inputDigest";
  private static final String FORWARD = "inputForwardDigest";

  private JobFile() {}

  /** Writes a job with the digests of its input, if they are known. */
  static void write(Path file, StageJob job, Optional<ModelDigests> input) {
    Map<String, String> data = new TreeMap<>();
    job.data().forEach((role, uri) -> data.put(role, uri.toString()));
    ObjectNode node =
        Json.object()
            .put("runId", job.runId())
            .put("stageIndex", job.stageIndex())
            .put("attempt", job.attempt())
            .put("kind", job.kind().name())
            .put("spec", job.spec())
            .put("input", job.input().toAbsolutePath().toString())
            .put("output", job.output().toAbsolutePath().toString())
            .put("checkpoints", job.checkpoints().toAbsolutePath().toString())
            .put("seed", job.seed());
    node.set("data", Json.texts(data));
    Map<String, String> references = new TreeMap<>();
    job.references()
        .forEach((role, model) -> references.put(role, model.toAbsolutePath().toString()));
    node.set("references", Json.texts(references));
    input.ifPresent(digests -> node.put(ROOT, digests.root()).put(FORWARD, digests.forward()));
    Json.write(file, node);
  }

  /** The digests of the job's input, if they are known. */
  static Optional<ModelDigests> inputDigests(Path file) {
    JsonNode node = Json.read(file);
    return node.has(ROOT)
        ? Optional.of(
            new ModelDigests(node.required(ROOT).textValue(), node.required(FORWARD).textValue()))
        : Optional.empty();
  }

  static StageJob read(Path file) {
    JsonNode node = Json.read(file);
    Map<String, URI> data = new TreeMap<>();
    Json.texts(node.required("data")).forEach((role, uri) -> data.put(role, URI.create(uri)));
    Map<String, Path> references = new TreeMap<>();
    Json.texts(node.required("references"))
        .forEach((role, model) -> references.put(role, Path.of(model)));
    return new StageJob(
        node.required("runId").textValue(),
        node.required("stageIndex").intValue(),
        node.required("attempt").intValue(),
        new StageKind(node.required("kind").textValue()),
        node.required("spec").textValue(),
        Path.of(node.required("input").textValue()),
        Path.of(node.required("output").textValue()),
        Path.of(node.required("checkpoints").textValue()),
        data,
        node.required("seed").longValue(),
        references);
  }
}
