package io.espalier.worker.kafka;

import io.espalier.event.StageProgressed;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.DurationWords;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.EventMapping;
import io.espalier.worker.kafka.work.EndForecast;
import io.espalier.worker.kafka.work.ProgressPulse;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whoever looks on while a stage is at work: reports its progress, stops it when there is none for
 * too long, and tells its slot when it is about to end.
 *
 * <p>Reporting has a thread of its own for each stage, since a broker or registry that does not
 * answer holds it up; the timers only look at what is known.
 */
final class StageWatch {
  private static final Logger LOGGER = LoggerFactory.getLogger(StageWatch.class);

  /** The work itself; is given what to tell its progress to. */
  @FunctionalInterface
  interface Work {
    /** Blocks until there is a result. */
    StageSucceeded run(ProgressPulse pulse);
  }

  /**
   * Watched attempt.
   *
   * @param attempt the attempt
   * @param place where it is worked on
   * @param stop stops it
   */
  record Subject(ClaimedCommand attempt, Slots.Place place, Stop stop) {}

  /**
   * Rules of the watch.
   *
   * @param timers where it looks, now and then
   * @param stall how long progress may be the same
   * @param forecast guesses the end
   */
  record Rules(ScheduledExecutorService timers, Duration stall, EndForecast forecast) {}

  private final Subject subject;
  private final ProgressPulse pulse;
  private final StageEvents events;
  private final Rules rules;
  private final StageKind kind;
  private final long startNanos = System.nanoTime();
  private final CountDownLatch over = new CountDownLatch(1);

  StageWatch(Subject subject, ProgressPulse pulse, StageEvents events, Rules rules) {
    this.subject = subject;
    this.pulse = pulse;
    this.events = events;
    this.rules = rules;
    this.kind = EventMapping.kind(subject.attempt().command());
  }

  /** Runs the work and watches it until it ends. */
  StageSucceeded run(Work work) {
    long tick = ProgressPulse.TICK.toMillis();
    var looks = rules.timers().scheduleAtFixedRate(this::look, tick, tick, TimeUnit.MILLISECONDS);
    var reporter = new Thread(this::report, "stage-progress");
    reporter.setDaemon(true);
    reporter.start();
    try {
      StageSucceeded success = work.run(pulse);
      rules.forecast().took(kind, elapsed());
      return success;
    } finally {
      looks.cancel(false);
      over.countDown();
    }
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private void look() {
    StageProgressed now = pulse.latest();
    subject.place().ending(rules.forecast().isNear(kind, elapsed(), now));
    if (pulse.unchanged().compareTo(rules.stall()) > 0) {
      subject.stop().request(Stop.Reason.STALLED, stalled(now));
    }
  }

  private String stalled(StageProgressed now) {
    return "no progress for %s: phase '%s' at %d of %d, %.1f minutes after the start. It may hang, or be slower than this limit allows."
        .formatted(
            DurationWords.of(rules.stall()),
            now.getPhase(),
            now.getDone(),
            now.getTotal(),
            elapsed().toMillis() / 60_000.0);
  }

  private void report() {
    long number = 0;
    while (!isOver()) {
      try {
        var due = pulse.due();
        if (due.isPresent()) {
          events.progressed(subject.attempt(), number++, due.get());
        }
      } catch (RuntimeException e) { // what comes next may be told again
        LOGGER.atWarn().setCause(e).log("progress not reported");
      }
    }
  }

  private boolean isOver() {
    try {
      return over.await(ProgressPulse.TICK.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
