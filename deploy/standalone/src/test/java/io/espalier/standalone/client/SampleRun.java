package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import java.time.Instant;
import java.util.List;

/** A run of one stage. */
final class SampleRun {
  static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  private SampleRun() {}

  static Run in(RunState state) {
    return Run.newBuilder()
        .setRunId("run-1")
        .setModelName("resnet")
        .setModelVersion("1")
        .setPolicyName("edge")
        .setPolicyGeneration(7)
        .setTenant("default")
        .setPool("gpu")
        .setState(state)
        .setStageIndex(0)
        .setStageCount(2)
        .setAttempt(3)
        .setStages(List.of())
        .setGates(List.of())
        .setCreatedAt(NOON)
        .setUpdatedAt(NOON)
        .build();
  }
}
