package io.espalier.worker.kafka;

import io.espalier.event.RunningStage;
import io.espalier.worker.stage.Stop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What this worker is doing, and which runs must not be worked on any more. */
final class Running {
  private final Map<Stop, Attempt> attempts = new LinkedHashMap<>();
  private final Map<String, String> cancelled = new TreeMap<>();

  /** Takes note of an attempt until the registration ends; stops it if its run was cancelled. */
  Stop.Registration register(Attempt attempt, Stop stop) {
    Optional<String> reason;
    synchronized (this) {
      attempts.put(stop, attempt);
      reason = Optional.ofNullable(cancelled.get(attempt.command().getRunId()));
    }
    reason.ifPresent(why -> stop.request(Stop.Reason.CANCELLED, why));
    return () -> remove(stop);
  }

  /** Stops whatever is or will be done for a run. */
  void cancel(String runId, String reason) {
    List<Stop> affected;
    synchronized (this) {
      cancelled.put(runId, reason);
      affected =
          attempts.entrySet().stream()
              .filter(entry -> entry.getValue().command().getRunId().equals(runId))
              .map(Map.Entry::getKey)
              .toList();
    }
    affected.forEach(stop -> stop.request(Stop.Reason.CANCELLED, reason));
  }

  /** What is being done, as heartbeats say it. */
  synchronized List<RunningStage> stages() {
    return attempts.values().stream()
        .map(Attempt::command)
        .map(c -> new RunningStage(c.getRunId(), c.getStageIndex(), c.getAttempt(), true))
        .toList();
  }

  private synchronized void remove(Stop stop) {
    attempts.remove(stop);
  }
}
