package io.espalier.streams.wire;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageOutcome;
import io.espalier.event.StageProgressed;
import io.espalier.event.state.BackingOffState;
import io.espalier.event.state.DispatchedState;
import io.espalier.event.state.EndedRun;
import io.espalier.event.state.EndingKind;
import io.espalier.event.state.KeptRunRecord;
import io.espalier.event.state.PlanMessage;
import io.espalier.event.state.PlannedState;
import io.espalier.event.state.QueuedState;
import io.espalier.event.state.RunRecord;
import io.espalier.event.state.RunningState;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.Ending;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Plan;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunState;
import io.espalier.streams.domain.stage.StageAttempt;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Runs as the coordinator keeps them. */
final class RunRecords {
  private static final SingleObject<ModelRegistered> MODEL =
      new SingleObject<>(new ModelRegistered());
  private static final SingleObject<PruningPolicy> POLICY = new SingleObject<>(new PruningPolicy());
  private static final SingleObject<StageOutcome> OUTCOME = new SingleObject<>(new StageOutcome());
  private static final SingleObject<StageProgressed> PROGRESS =
      new SingleObject<>(new StageProgressed());

  private RunRecords() {}

  static KeptRunRecord toRecord(KeptRun kept) {
    if (kept instanceof KeptRun.Over over) {
      return new KeptRunRecord(
          new EndedRun(over.id().value(), EndingKind.valueOf(over.ending().name()), over.at()));
    }
    return new KeptRunRecord(toRecord(((KeptRun.Going) kept).run()));
  }

  static KeptRun fromRecord(KeptRunRecord stored) {
    if (stored.getKept() instanceof EndedRun over) {
      return new KeptRun.Over(
          new RunId(over.getRunId()), Ending.valueOf(over.getEnding().name()), over.getEndedAt());
    }
    return new KeptRun.Going(fromRecord((RunRecord) stored.getKept()));
  }

  private static RunRecord toRecord(Run run) {
    RunRecord stored = new RunRecord();
    stored.setRunId(run.id().value());
    stored.setModel(model(run.plan()));
    stored.setPolicy(policy(run.plan()));
    stored.setTrace(run.plan().trace());
    stored.setStageIndex(run.attempt().stageIndex());
    stored.setAttempt(run.attempt().attempt());
    stored.setOutcomes(
        run.outcomes().stream().map(outcome -> OUTCOME.encode(Stages.toAvro(outcome))).toList());
    stored.setRevision(run.revision());
    stored.setCreatedAt(run.createdAt());
    stored.setUpdatedAt(run.updatedAt());
    stored.setState(toRecord(run.state()));
    return stored;
  }

  private static Run fromRecord(RunRecord stored) {
    return new Run(
        new RunId(stored.getRunId()),
        plan(stored.getModel(), stored.getPolicy(), stored.getTrace()),
        fromRecord(stored.getState()),
        new StageAttempt(stored.getStageIndex(), stored.getAttempt()),
        stored.getOutcomes().stream()
            .map(outcome -> Stages.fromAvro(OUTCOME.decode(outcome)))
            .toList(),
        stored.getRevision(),
        stored.getCreatedAt(),
        stored.getUpdatedAt());
  }

  static PlanMessage toMessage(Plan plan) {
    return new PlanMessage(model(plan), policy(plan), plan.trace());
  }

  static Plan fromMessage(PlanMessage message) {
    return plan(message.getModel(), message.getPolicy(), message.getTrace());
  }

  private static ByteBuffer model(Plan plan) {
    return MODEL.encode(Models.toAvro(plan.model()));
  }

  private static ByteBuffer policy(Plan plan) {
    return POLICY.encode(PolicyMapping.toAvro(plan.policy()));
  }

  private static Plan plan(ByteBuffer storedModel, ByteBuffer storedPolicy, String trace) {
    Model model = Models.fromAvro(MODEL.decode(storedModel));
    Policy policy = PolicyMapping.fromAvro(POLICY.decode(storedPolicy));
    return new Plan(model, policy, trace);
  }

  private static Object toRecord(RunState state) {
    return state.<Object>match(
        planned -> new PlannedState(),
        queued -> new QueuedState(),
        dispatched -> new DispatchedState(dispatched.since()),
        running ->
            new RunningState(
                running.workerId(),
                running.heardAt(),
                running.progress().map(p -> PROGRESS.encode(Stages.toAvro(p))).orElse(null)),
        backingOff -> new BackingOffState(backingOff.until(), backingOff.reason()),
        ended -> {
          throw new IllegalArgumentException("an ended run is not kept in full, found " + ended);
        });
  }

  private static RunState fromRecord(Object state) {
    if (state instanceof PlannedState) {
      return new RunState.Planned();
    } else if (state instanceof QueuedState) {
      return new RunState.Queued();
    } else if (state instanceof DispatchedState dispatched) {
      return new RunState.Dispatched(dispatched.getSince());
    } else if (state instanceof RunningState running) {
      return new RunState.Running(
          running.getWorkerId(),
          running.getHeardAt(),
          Optional.ofNullable(running.getProgress())
              .map(progress -> Stages.fromAvro(PROGRESS.decode(progress))));
    } else if (state instanceof BackingOffState backingOff) {
      return new RunState.BackingOff(backingOff.getUntil(), backingOff.getReason());
    }
    throw new IllegalStateException("a stored run is in a state that is not known here: " + state);
  }
}
