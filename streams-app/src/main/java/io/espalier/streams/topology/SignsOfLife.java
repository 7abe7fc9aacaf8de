package io.espalier.streams.topology;

import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunState.Running;
import io.espalier.streams.domain.stage.StageProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Last signs of life of runs at work. It is kept in memory, stored now and then and shown now and
 * then: workers report every second, and none of that is lost with harm.
 */
final class SignsOfLife {
  private static final Duration STORE = Duration.ofSeconds(30);
  private static final Duration SHOW = Duration.ofSeconds(5);

  /**
   * A run at work.
   *
   * @param run as it was last heard of
   * @param storedAt when it was last stored
   * @param shownAt when it was last shown
   * @param phase the phase that was shown
   */
  private record Latest(Run run, Instant storedAt, Instant shownAt, String phase) {}

  private final Map<String, Latest> latest = new HashMap<>();

  /** Returns a run as it was last heard of. */
  Optional<Run> latest(String runId) {
    return Optional.ofNullable(latest.get(runId)).map(Latest::run);
  }

  /** Takes note of a sign of life; true if the run is to be stored. */
  boolean hears(Run run, Instant now) {
    String id = run.id().value();
    Latest before = latest.getOrDefault(id, new Latest(run, Instant.EPOCH, Instant.EPOCH, ""));
    boolean store = !now.isBefore(before.storedAt().plus(STORE));
    latest.put(
        id, new Latest(run, store ? now : before.storedAt(), before.shownAt(), before.phase()));
    return store;
  }

  /**
   * Returns whether a run that was just heard of is to be shown: every new phase, and now and then.
   */
  boolean shows(Run run, Instant now) {
    Latest known = latest.get(run.id().value());
    if (known == null) {
      return true;
    }
    String phase = phase(run);
    boolean show = !phase.equals(known.phase()) || !now.isBefore(known.shownAt().plus(SHOW));
    if (show) {
      latest.put(run.id().value(), new Latest(run, known.storedAt(), now, phase));
    }
    return show;
  }

  /** Forgets a run that has been stored with a change. */
  void forget(Run run) {
    latest.remove(run.id().value());
  }

  private static String phase(Run run) {
    return run.state() instanceof Running running
        ? running.progress().map(StageProgress::phase).orElse("")
        : "";
  }
}
