package io.espalier.worker.kafka;

import io.espalier.event.ArtifactReference;
import io.espalier.event.StageCommand;
import io.espalier.event.StageKind;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/** Commands for tests: prune {@code input} of a folder into {@code store} beside it. */
public final class StageCommands {
  static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private StageCommands() {}

  public static StageCommand.Builder in(Path folder) {
    return StageCommand.newBuilder()
        .setRunId("run-1")
        .setModelName("resnet")
        .setModelVersion("1")
        .setStageIndex(0)
        .setAttempt(1)
        .setKind(StageKind.PRUNE)
        .setSpec("{}")
        .setInput(new ArtifactReference(folder.resolve("input").toUri().toString(), null, null))
        .setOutputUri(folder.resolve("store/run-1").toUri().toString())
        .setData(Map.of())
        .setSeed(7)
        .setResumeKey("run-1/0")
        .setPool("gpu")
        .setDeadline(NOW.plusSeconds(3600))
        .setIssuedAt(NOW);
  }
}
