package io.espalier.it.chaos;

import io.espalier.event.Artifact;
import io.espalier.event.ArtifactReference;
import io.espalier.event.FailureKind;
import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageCost;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageReport;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.FactsMapping;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A history that a test writes down, one report after the other. */
final class WrittenHistory {
  static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  private static final Artifact ARTIFACT =
      Artifact.newBuilder()
          .setUri("file:///artifacts/a/")
          .setRootDigest("0".repeat(64))
          .setBytes(1)
          .setFiles(List.of())
          .build();

  private final List<Run> runs = new ArrayList<>();
  private final List<StageEvent> events = new ArrayList<>();
  private final List<PrunedModel> pruned = new ArrayList<>();
  private final List<ModelRejected> rejected = new ArrayList<>();
  private final List<String> deadLetters = new ArrayList<>();

  /** A model on its way from registration to publication, done by one worker without a break. */
  WrittenHistory undisturbed(String model, double from, int steps) {
    state(model, RunState.QUEUED).started(model, "w1", from).state(model, RunState.RUNNING);
    steps(model, "w1", from, 0, steps);
    return succeeded(model, "w1", from + steps + 0.2).state(model, RunState.PUBLISHED).prune(model);
  }

  /** Reports of steps, one a second. */
  WrittenHistory steps(String model, String worker, double from, int first, int last) {
    for (int done = first; done <= last; done++) {
      progressed(model, worker, from + done - first, done);
    }
    return this;
  }

  WrittenHistory started(String model, String worker, double seconds) {
    return report(model, worker, seconds, new StageStarted(1, "cpu"));
  }

  WrittenHistory progressed(String model, String worker, double seconds, long done) {
    var progress = new StageProgressed("working", done, 20L, null, Map.of());
    return report(model, worker, seconds, progress);
  }

  WrittenHistory succeeded(String model, String worker, double seconds) {
    var cost = new StageCost(1_000L, "cpu", null, false);
    var facts = FactsMapping.toAvro(ChangeFacts.NONE);
    var report = new StageReport("slow", "1", Map.of(), List.of(), List.of(), cost, null, facts);
    return report(model, worker, seconds, new StageSucceeded(ARTIFACT, report));
  }

  WrittenHistory failed(String model, String worker, double seconds) {
    return report(model, worker, seconds, new StageFailed(FailureKind.RESOURCE, "no disk", true));
  }

  private WrittenHistory report(String model, String worker, double seconds, Object detail) {
    events.add(
        StageEvent.newBuilder()
            .setRunId("run-of-" + model)
            .setStageIndex(0)
            .setAttempt(1)
            .setWorkerId(worker)
            .setAt(NOON.plusMillis(Math.round(seconds * 1e3)))
            .setDetail(detail)
            .build());
    return this;
  }

  WrittenHistory state(String model, RunState state) {
    return state("run-of-" + model, model, state);
  }

  WrittenHistory state(String run, String model, RunState state) {
    runs.add(
        Run.newBuilder()
            .setRunId(run)
            .setModelName(model)
            .setModelVersion("1")
            .setPolicyName("chaos")
            .setPolicyGeneration(1)
            .setTenant("default")
            .setPool("default")
            .setState(state)
            .setStageIndex(0)
            .setStageCount(1)
            .setAttempt(1)
            .setStages(List.of())
            .setGates(List.of())
            .setCreatedAt(NOON)
            .setUpdatedAt(NOON)
            .build());
    return this;
  }

  WrittenHistory prune(String model) {
    pruned.add(
        PrunedModel.newBuilder()
            .setRunId("run-of-" + model)
            .setModelName(model)
            .setModelVersion("1")
            .setPolicyName("chaos")
            .setPolicyGeneration(1)
            .setTenant("default")
            .setTask("image-classification")
            .setArtifact(ARTIFACT)
            .setParent(new ArtifactReference("file:///models/a/", null, null))
            .setGeneration(1)
            .setStages(List.of())
            .setMetrics(List.of())
            .setGates(List.of())
            .setLoadsIn(List.of())
            .setPublishedAt(NOON)
            .build());
    return this;
  }

  WrittenHistory reject(String model, String why) {
    rejected.add(
        ModelRejected.newBuilder()
            .setRunId("run-of-" + model)
            .setModelName(model)
            .setModelVersion("1")
            .setPolicyName("chaos")
            .setPolicyGeneration(1)
            .setTenant("default")
            .setReason(RejectionReason.FAILED)
            .setMessage(why)
            .setMetrics(List.of())
            .setGates(List.of())
            .setRejectedAt(NOON)
            .build());
    return this;
  }

  WrittenHistory deadLetter(String letter) {
    deadLetters.add(letter);
    return this;
  }

  History read() {
    return new History(runs, events, pruned, rejected, deadLetters);
  }

  List<Run> runs() {
    return runs;
  }
}
