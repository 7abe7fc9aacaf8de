package io.espalier.streams.wire;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageOutcome;
import io.espalier.event.state.EndedRun;
import io.espalier.event.state.EndingKind;
import io.espalier.event.state.KeptRunRecord;
import io.espalier.event.state.RunRecord;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.run.Deliveries;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunAttempts;
import io.espalier.streams.domain.run.RunEnding;
import io.espalier.streams.domain.run.RunHistory;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.domain.stage.StageAttempt;
import java.time.Duration;
import java.util.Optional;

/** Runs as the coordinator keeps them. */
final class RunRecords {
  private static final SingleObject<ModelRegistered> MODEL =
      StoredEncodings.ofEvent(new ModelRegistered());
  private static final SingleObject<PruningPolicy> POLICY =
      StoredEncodings.ofEvent(new PruningPolicy());
  private static final SingleObject<StageOutcome> OUTCOME =
      StoredEncodings.ofEvent(new StageOutcome());

  private RunRecords() {}

  static KeptRunRecord toRecord(KeptRun kept) {
    if (kept instanceof KeptRun.Over over) {
      return new KeptRunRecord(
          new EndedRun(
              over.id().value(),
              EndingKind.valueOf(over.ending().name()),
              over.at(),
              over.artifact().map(ArtifactReference::uri).orElse(null),
              over.artifact().flatMap(ArtifactReference::rootDigest).orElse(null)));
    } else if (kept instanceof KeptRun.Unpublished ended) {
      return new KeptRunRecord(toRecord(ended.run()));
    }
    return new KeptRunRecord(toRecord(((KeptRun.Going) kept).run()));
  }

  static KeptRun fromRecord(KeptRunRecord stored) {
    if (stored.getKept() instanceof EndedRun over) {
      return new KeptRun.Over(
          new RunId(over.getRunId()),
          RunEnding.valueOf(over.getEnding().name()),
          over.getEndedAt(),
          Optional.ofNullable(over.getArtifactUri())
              .map(uri -> new ArtifactReference(uri, Optional.ofNullable(over.getRootDigest()))));
    }
    Run run = fromRecord((RunRecord) stored.getKept());
    return run.ended() ? new KeptRun.Unpublished(run) : new KeptRun.Going(run);
  }

  private static RunRecord toRecord(Run run) {
    RunRecord stored = new RunRecord();
    stored.setRunId(run.id().value());
    stored.setModel(MODEL.encode(ModelMapping.toAvro(run.plan().model())));
    stored.setPolicy(POLICY.encode(PolicyMapping.toAvro(run.plan().policy())));
    stored.setTrace(run.plan().trace());
    stored.setStageIndex(run.attempt().stageIndex());
    stored.setAttempt(run.attempt().attempt());
    stored.setOutcomes(
        run.outcomes().stream()
            .map(outcome -> OUTCOME.encode(ReportMapping.toAvro(outcome)))
            .toList());
    stored.setRevision(run.history().revision());
    stored.setCreatedAt(run.history().createdAt());
    stored.setUpdatedAt(run.history().updatedAt());
    stored.setState(RunStates.toRecord(run.state()));
    stored.setHighestAttempt(run.attempts().highest());
    stored.setUncountedAttempts(run.attempts().uncounted());
    stored.setAttemptOffset(run.attempts().offset());
    stored.setSequence(run.attempts().sequence());
    stored.setToken(run.attempts().token());
    stored.setDeliveries(run.attempts().deliveries().numbers());
    stored.setStartedAt(run.history().startedAt().orElse(null));
    stored.setWorkedMillis(run.history().worked().toMillis());
    return stored;
  }

  private static Run fromRecord(RunRecord stored) {
    return new Run(
        new RunId(stored.getRunId()),
        plan(stored),
        RunStates.fromRecord(stored),
        attempts(stored),
        stored.getOutcomes().stream()
            .map(outcome -> ReportMapping.fromAvro(OUTCOME.decode(outcome)))
            .toList(),
        new RunHistory(
            stored.getRevision(),
            stored.getCreatedAt(),
            stored.getUpdatedAt(),
            Optional.ofNullable(stored.getStartedAt()),
            Duration.ofMillis(stored.getWorkedMillis())));
  }

  private static RunPlan plan(RunRecord stored) {
    return new RunPlan(
        new RunId(stored.getRunId()),
        ModelMapping.fromAvro(MODEL.decode(stored.getModel())),
        PolicyMapping.fromAvro(POLICY.decode(stored.getPolicy())),
        stored.getTrace());
  }

  /** Older versions kept no sequence: it begins behind every attempt that they can have made. */
  private static RunAttempts attempts(RunRecord stored) {
    StageAttempt current = new StageAttempt(stored.getStageIndex(), stored.getAttempt());
    int highest = Math.max(stored.getHighestAttempt(), stored.getAttempt());
    long sequence =
        stored.getSequence() > 0
            ? stored.getSequence()
            : (long) (stored.getStageIndex() + 1) * highest;
    return new RunAttempts(
        current,
        highest,
        stored.getUncountedAttempts(),
        stored.getAttemptOffset(),
        sequence,
        stored.getToken(),
        new Deliveries(stored.getDeliveries()));
  }
}
