package io.espalier.worker.kafka.claim;

import io.espalier.event.ClosedAttempts;
import io.espalier.event.RunningStage;
import io.espalier.worker.stage.Stop;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The commands that this worker holds, those it works on and those it only prepares, and which
 * commands must not be worked on any more.
 */
public final class HeldCommands {
  private final Map<Stop, ClaimedCommand> attempts = new LinkedHashMap<>();
  private final Set<Stop> working = new LinkedHashSet<>();
  private final ClosedCommands closed = new ClosedCommands();
  private final Runnable changed;

  /** Returns what is held; {@code changed} is called whenever that changes and must be quick. */
  public HeldCommands(Runnable changed) {
    this.changed = changed;
  }

  /** Takes note of an attempt until the registration ends; stops it if its command is closed. */
  public Stop.Registration register(ClaimedCommand attempt, Stop stop) {
    synchronized (this) {
      attempts.put(stop, attempt);
    }
    changed.run();
    closed.reason(attempt.command()).ifPresent(why -> stop.request(Stop.Reason.CANCELLED, why));
    return () -> remove(stop);
  }

  /** Takes note that an attempt is worked on from now on. */
  public void begin(Stop stop) {
    synchronized (this) {
      working.add(stop);
    }
    changed.run();
  }

  /** Stops whatever is or will be done for the commands that are closed. */
  public void close(ClosedAttempts record) {
    closed.add(record);
    List<Map.Entry<Stop, ClaimedCommand>> held;
    synchronized (this) {
      held = List.copyOf(attempts.entrySet());
    }
    for (Map.Entry<Stop, ClaimedCommand> entry : held) {
      closed
          .reason(entry.getValue().command())
          .ifPresent(why -> entry.getKey().request(Stop.Reason.CANCELLED, why));
    }
  }

  /** The attempt that is held by this claim, if it is. */
  synchronized Optional<ClaimedCommand> attempt(Stop claim) {
    return Optional.ofNullable(attempts.get(claim));
  }

  /** Returns whether this worker held the claim's attempt by an earlier claim, and still does. */
  synchronized boolean isHeldBefore(Stop claim) {
    for (Map.Entry<Stop, ClaimedCommand> held : attempts.entrySet()) {
      if (held.getKey().equals(claim)) {
        return false;
      }
      if (isSame(held.getValue(), attempts.get(claim))) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether this worker holds the claim's attempt by a later claim, too. */
  synchronized boolean isHeldAgain(Stop claim) {
    ClaimedCommand attempt = attempts.get(claim);
    boolean later = false;
    for (Map.Entry<Stop, ClaimedCommand> held : attempts.entrySet()) {
      if (later && isSame(held.getValue(), attempt)) {
        return true;
      }
      later |= held.getKey().equals(claim);
    }
    return false;
  }

  private static boolean isSame(ClaimedCommand held, @Nullable ClaimedCommand attempt) {
    return attempt != null && held.id().equals(attempt.id());
  }

  /** Returns what is held, as heartbeats say it. */
  public synchronized List<RunningStage> stages() {
    return attempts.entrySet().stream()
        .map(entry -> stage(entry.getValue(), working.contains(entry.getKey())))
        .toList();
  }

  private static RunningStage stage(ClaimedCommand attempt, boolean working) {
    var command = attempt.command();
    return new RunningStage(
        command.getRunId(),
        command.getStageIndex(),
        command.getAttempt(),
        working,
        attempt.delivery());
  }

  private void remove(Stop stop) {
    synchronized (this) {
      attempts.remove(stop);
      working.remove(stop);
    }
    changed.run();
  }
}
