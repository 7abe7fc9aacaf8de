package io.espalier.worker.kafka;

import io.espalier.event.StageProgressed;
import io.espalier.worker.domain.job.Progress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Thins out progress: what is new at most once a second, the same again every 15 s as a sign of
 * life.
 */
final class ProgressPulse implements Progress.Listener {
  /** How often {@link #tick} is to be called; more often than it sends, so as to miss no second. */
  static final Duration TICK = Duration.ofMillis(200);

  static final Duration INTERVAL = Duration.ofSeconds(1);

  static final Duration KEEP_ALIVE = Duration.ofSeconds(15);

  private final Clock clock;
  private final Consumer<StageProgressed> sink;
  private Progress latest = Progress.of("preparing", 0, 0);
  private Instant phaseStart;
  private long phaseFirst;
  private @Nullable Progress sent;
  private Instant sentAt;

  ProgressPulse(Clock clock, Consumer<StageProgressed> sink) {
    this.clock = clock;
    this.sink = sink;
    this.phaseStart = clock.instant();
    this.sentAt = phaseStart;
  }

  @Override
  public synchronized void report(Progress progress) {
    if (!progress.phase().equals(latest.phase())) {
      phaseStart = clock.instant();
      phaseFirst = progress.done();
    }
    latest = progress;
  }

  /** Sends what is due. */
  synchronized void tick() {
    Instant now = clock.instant();
    Duration since = Duration.between(sentAt, now);
    boolean fresh = !latest.equals(sent) && since.compareTo(INTERVAL) >= 0;
    if (fresh || since.compareTo(KEEP_ALIVE) >= 0) {
      sent = latest;
      sentAt = now;
      sink.accept(
          new StageProgressed(
              latest.phase(), latest.done(), latest.total(), eta(now), latest.values()));
    }
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
