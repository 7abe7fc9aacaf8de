package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A stage's job as a JSON file: how the supervisor tells its child what to do. */
final class JobFile {
  private static final String INPUT_DIGEST = "inputDigest";

  private JobFile() {}

  /** Writes a job with the root digest of its input, if that is known. */
  static void write(Path file, StageJob job, Optional<String> inputDigest) {
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
    inputDigest.ifPresent(digest -> node.put(INPUT_DIGEST, digest));
    Json.write(file, node);
  }

  /** The root digest of the job's input, if it is known. */
  static Optional<String> inputDigest(Path file) {
    return Optional.ofNullable(Json.read(file).path(INPUT_DIGEST).textValue());
  }

  static StageJob read(Path file) {
    JsonNode node = Json.read(file);
    Map<String, URI> data = new TreeMap<>();
    Json.texts(node.required("data")).forEach((role, uri) -> data.put(role, URI.create(uri)));
    return new StageJob(
        node.required("runId").textValue(),
        node.required("stageIndex").intValue(),
        node.required("attempt").intValue(),
        StageKind.valueOf(node.required("kind").textValue()),
        node.required("spec").textValue(),
        Path.of(node.required("input").textValue()),
        Path.of(node.required("output").textValue()),
        Path.of(node.required("checkpoints").textValue()),
        data,
        node.required("seed").longValue());
  }
}
