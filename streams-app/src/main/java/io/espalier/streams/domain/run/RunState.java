package io.espalier.streams.domain.run;

import io.espalier.gate.GateResult;
import io.espalier.streams.domain.stage.StageProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** State of a run. */
public sealed interface RunState {
  /**
   * Its job waits for a worker: in the pool's line, or in the queue that workers take it from.
   *
   * @param since since when
   */
  record Queued(Instant since) implements RunState {}

  /**
   * A worker is at it.
   *
   * @param workerId the worker
   * @param since when it began
   * @param heardAt when it was last heard of
   * @param progress how far it is, once it has said so
   */
  record Running(String workerId, Instant since, Instant heardAt, Optional<StageProgress> progress)
      implements RunState {
    /** Time from its beginning to when it was last heard of. */
    Duration worked() {
      return Duration.between(since, heardAt);
    }
  }

  /**
   * An attempt has failed; the next one waits.
   *
   * @param until when the wait is over
   * @param reason why the attempt failed
   */
  record BackingOff(Instant until, String reason) implements RunState {}

  /**
   * Nothing more will happen to it by itself.
   *
   * @param ending how it ended
   * @param message why, in words
   * @param gates how the result fared at the gates, if it came to that
   */
  record Ended(RunEnding ending, String message, List<GateResult> gates) implements RunState {
    public Ended {
      gates = List.copyOf(gates);
    }
  }

  /** The result of the function for this state. */
  default <T> T match(
      Function<Queued, T> queued,
      Function<Running, T> running,
      Function<BackingOff, T> backingOff,
      Function<Ended, T> ended) {
    if (this instanceof Queued state) {
      return queued.apply(state);
    } else if (this instanceof Running state) {
      return running.apply(state);
    } else if (this instanceof BackingOff state) {
      return backingOff.apply(state);
    }
    return ended.apply((Ended) this);
  }
}
