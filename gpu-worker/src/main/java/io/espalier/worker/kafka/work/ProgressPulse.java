package io.espalier.worker.kafka.work;

import io.espalier.event.StageProgressed;
import io.espalier.worker.domain.job.Progress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Thins out progress: what is new at most once a second, the same again every 15 s as a sign of
 * life. Sends nothing itself, so that a slow broker never keeps the stage from telling more.
 */
public final class ProgressPulse implements Progress.Listener {
  /** Interval for asking {@link #due}; more often than it says yes, so as to miss no second. */
  public static final Duration TICK = Duration.ofMillis(200);

  static final Duration INTERVAL = Duration.ofSeconds(1);

  static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  private final Clock clock;
  private Progress latest = Progress.of("preparing", 0, 0);
  private Instant phaseStart;
  private long phaseFirst;
  private Instant changed;
  private @Nullable Progress sent;
  private Instant sentAt;

  public ProgressPulse(Clock clock) {
    this.clock = clock;
    this.phaseStart = clock.instant();
    this.changed = phaseStart;
    this.sentAt = phaseStart;
  }

  @Override
  public synchronized void report(Progress progress) {
    if (!progress.phase().equals(latest.phase())) {
      phaseStart = clock.instant();
      phaseFirst = progress.done();
    }
    if (!progress.equals(latest)) {
      changed = clock.instant();
    }
    latest = progress;
  }

  /** Returns what is to be sent now, if anything is; counts as sent. */
  public synchronized Optional<StageProgressed> due() {
    Instant now = clock.instant();
    Duration since = Duration.between(sentAt, now);
    boolean fresh = !latest.equals(sent) && since.compareTo(INTERVAL) >= 0;
    if (!fresh && since.compareTo(KEEP_ALIVE) < 0) {
      return Optional.empty();
    }
    sent = latest;
    sentAt = now;
    return Optional.of(latest());
  }

  /** Returns how far it is. */
  public synchronized StageProgressed latest() {
    return new StageProgressed(
        latest.phase(), latest.done(), latest.total(), eta(clock.instant()), latest.values());
  }

  /** For how long nothing has changed: neither phase nor steps nor quantities. */
  public synchronized Duration unchanged() {
    return Duration.between(changed, clock.instant());
  }

  /** From the mean time per step of this phase; null before the first step and without a total. */
  private @Nullable Long eta(Instant now) {
    long steps = latest.done() - phaseFirst;
    if (steps <= 0 || latest.total() < latest.done()) {
      return null;
    }
    double millisPerStep = (double) Duration.between(phaseStart, now).toMillis() / steps;
    return Math.round(millisPerStep * (latest.total() - latest.done()));
  }
}
