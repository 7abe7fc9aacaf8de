package io.espalier.streams.wire;

import io.espalier.event.GateResult;
import io.espalier.event.StageProgressed;
import io.espalier.event.state.BackingOffState;
import io.espalier.event.state.DispatchedState;
import io.espalier.event.state.EndedState;
import io.espalier.event.state.PlannedState;
import io.espalier.event.state.QueuedState;
import io.espalier.event.state.RunRecord;
import io.espalier.event.state.RunningState;
import io.espalier.streams.domain.run.RunEnding;
import io.espalier.streams.domain.run.RunState;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** States of runs, as the coordinator keeps them. */
final class RunStates {
  private static final SingleObject<StageProgressed> PROGRESS =
      StoredEncodings.ofEvent(new StageProgressed());
  private static final SingleObject<GateResult> GATE = StoredEncodings.ofEvent(new GateResult());

  private RunStates() {}

  static Object toRecord(RunState state) {
    return state.<Object>match(
        queued -> new QueuedState(queued.since()),
        running ->
            new RunningState(
                running.workerId(),
                running.heardAt(),
                running.progress().map(p -> PROGRESS.encode(ReportMapping.toAvro(p))).orElse(null),
                running.since()),
        backingOff -> new BackingOffState(backingOff.until(), backingOff.reason()),
        ended ->
            new EndedState(
                ended.ending().name(),
                ended.message(),
                ended.gates().stream()
                    .map(gate -> GATE.encode(PolicyMapping.toAvro(gate)))
                    .toList()));
  }

  static RunState fromRecord(RunRecord stored) {
    Object state = stored.getState();
    if (state instanceof PlannedState) {
      return new RunState.Queued(stored.getUpdatedAt());
    } else if (state instanceof QueuedState queued) {
      return new RunState.Queued(known(queued.getSince(), stored.getUpdatedAt()));
    } else if (state instanceof DispatchedState dispatched) {
      return new RunState.Queued(dispatched.getSince());
    } else if (state instanceof RunningState running) {
      return new RunState.Running(
          running.getWorkerId(),
          known(running.getSince(), running.getHeardAt()),
          running.getHeardAt(),
          Optional.ofNullable(running.getProgress())
              .map(progress -> ReportMapping.fromAvro(PROGRESS.decode(progress))));
    } else if (state instanceof BackingOffState backingOff) {
      return new RunState.BackingOff(backingOff.getUntil(), backingOff.getReason());
    } else if (state instanceof EndedState ended) {
      return new RunState.Ended(
          RunEnding.valueOf(ended.getEnding()),
          ended.getMessage(),
          ended.getGates().stream()
              .map(gate -> PolicyMapping.fromAvro(GATE.decode(gate)))
              .toList());
    }
    throw new UnreadableStateException(
        "run %s is in a state that is not known here: %s".formatted(stored.getRunId(), state),
        new IllegalArgumentException(String.valueOf(state)));
  }

  private static Instant known(@Nullable Instant value, Instant otherwise) {
    return Objects.requireNonNullElse(value, otherwise);
  }
}
