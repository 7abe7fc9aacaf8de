package io.espalier.worker.kafka.claim;

import io.espalier.event.RunningStage;
import io.espalier.event.WorkerHeartbeat;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The commands that other workers of the pool hold, by their heartbeats.
 *
 * <p>A broker that starts again, or hands a partition to another one, has forgotten who holds a
 * command and gives it to whoever asks first, as the same delivery. A worker that dies makes it the
 * next delivery. So one that holds the same delivery is still at it, if it is alive.
 *
 * <p>Silence is measured by this worker's own heartbeats, which take the same way: while no broker
 * answers, nobody is heard of and nobody falls silent.
 */
public final class OtherWorkers {
  /** Silence after which a worker counts as gone: more than two heartbeats. */
  static final Duration SILENCE = Duration.ofSeconds(12);

  private final String ownId;
  private final String pool;
  private final Map<String, Heard> others = new HashMap<>();

  /** Workers of a pool beside the one of this id. */
  public OtherWorkers(String ownId, String pool) {
    this.ownId = ownId;
    this.pool = pool;
  }

  /** Takes note of a heartbeat. */
  public synchronized void heard(WorkerHeartbeat heartbeat) {
    if (heartbeat.getWorkerId().equals(ownId)) {
      Instant now = heartbeat.getAt();
      others.values().forEach(other -> other.passed(now));
      others.values().removeIf(other -> other.isSilent(now));
    } else if (heartbeat.getPool().equals(pool)) {
      others.put(heartbeat.getWorkerId(), new Heard(heartbeat.getRunning()));
    }
  }

  /** A worker that works on the attempt, not having been given it before this one was. */
  synchronized Optional<String> workingOn(ClaimedCommand attempt) {
    return holder(
        attempt, stage -> stage.getWorking() && stage.getDelivery() >= attempt.delivery());
  }

  /** A worker that holds the attempt and leaves it to this one for as long as it lives. */
  synchronized Optional<String> waitingFor(ClaimedCommand attempt) {
    return holder(
        attempt, stage -> !stage.getWorking() && stage.getDelivery() <= attempt.delivery());
  }

  private Optional<String> holder(ClaimedCommand attempt, Predicate<RunningStage> how) {
    return others.entrySet().stream()
        .filter(
            other ->
                other.getValue().stages.stream()
                    .anyMatch(stage -> isOf(stage, attempt) && how.test(stage)))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private static boolean isOf(RunningStage stage, ClaimedCommand attempt) {
    var command = attempt.command();
    return stage.getRunId().equals(command.getRunId())
        && stage.getStageIndex() == command.getStageIndex()
        && stage.getAttempt() == command.getAttempt();
  }

  /** Last report of a worker, and the first own heartbeat since. */
  private static final class Heard {
    private final List<RunningStage> stages;
    private @Nullable Instant silentSince;

    private Heard(List<RunningStage> stages) {
      this.stages = List.copyOf(stages);
    }

    private void passed(Instant ownHeartbeat) {
      if (silentSince == null) {
        silentSince = ownHeartbeat;
      }
    }

    private boolean isSilent(Instant now) {
      return silentSince != null && now.isAfter(silentSince.plus(SILENCE));
    }
  }
}
