package io.espalier.worker.kafka.work;

import io.espalier.event.StageProgressed;
import io.espalier.worker.domain.job.StageKind;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Guess of whether a stage is about to end, from its progress and from how long the last one of its
 * kind took here. A wrong guess costs little: a command claimed too early is given back after a
 * while, one claimed too late waits for its input.
 */
public final class EndForecast {
  /** Time before the end when the next command is requested: enough to fetch a model. */
  static final Duration AHEAD = Duration.ofSeconds(30);

  /** The phase in which a worker puts the output where others find it. */
  public static final String LAST_PHASE = "publishing";

  private final Map<StageKind, Duration> last = new HashMap<>();

  /** Takes note of how long a stage took that succeeded. */
  public synchronized void took(StageKind kind, Duration time) {
    last.put(kind, time);
  }

  /**
   * Returns whether less than {@link #AHEAD} is probably left.
   *
   * @param elapsed time since the stage was begun
   */
  public boolean isNear(StageKind kind, Duration elapsed, StageProgressed now) {
    if (now.getPhase().equals(LAST_PHASE)) {
      return true;
    }
    Optional<Duration> ofPhase = Optional.ofNullable(now.getEtaMillis()).map(Duration::ofMillis);
    if (ofPhase.isPresent() && ofPhase.get().compareTo(AHEAD) > 0) {
      return false;
    }
    return last(kind)
        .map(usual -> elapsed.compareTo(usual.minus(AHEAD)) >= 0)
        .orElse(ofPhase.isPresent());
  }

  private synchronized Optional<Duration> last(StageKind kind) {
    return Optional.ofNullable(last.get(kind));
  }
}
