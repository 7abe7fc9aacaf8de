package io.espalier.worker.kafka;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fitness of this worker for work: it may take it while no check fails. A worker that cannot work
 * is always the free one; without this it would take every command of its pool.
 */
public final class Fitness {
  private static final Logger LOGGER = LoggerFactory.getLogger(Fitness.class);

  private final Map<String, String> failing = new TreeMap<>();
  private final Runnable changed;
  private final FailureStreak streak;

  /** Fit at first; {@code changed} is called whenever that changes and must be quick. */
  public Fitness(Runnable changed) {
    this(changed, new FailureStreak(Clock.systemUTC()));
  }

  /** The same, with what is known of the stages before. */
  public Fitness(Runnable changed, FailureStreak streak) {
    this.changed = changed;
    this.streak = streak;
  }

  /** The stages that failed in a row for want of a resource, as a check. */
  FailureStreak streak() {
    return streak;
  }

  /** Takes note that a stage failed for want of a resource, and why. */
  void stageFailed(String reason) {
    streak.failed(reason);
    streak.problem().ifPresent(problem -> fails(FailureStreak.CHECK, problem));
  }

  /** Takes note that a stage ended well. */
  void stageSucceeded() {
    streak.succeeded();
    passes(FailureStreak.CHECK);
  }

  /** Takes note that a check fails, and why. */
  public void fails(String check, String reason) {
    String before;
    synchronized (this) {
      before = failing.put(check, reason);
    }
    if (!reason.equals(before)) {
      LOGGER
          .atError()
          .addKeyValue("check", check)
          .addKeyValue("reason", reason)
          .log("out of service");
      changed.run();
    }
  }

  /** Takes note that a check passes. */
  public void passes(String check) {
    boolean failed;
    synchronized (this) {
      failed = failing.remove(check) != null;
    }
    if (failed) {
      LOGGER.atInfo().addKeyValue("check", check).log("passes again");
      changed.run();
    }
  }

  /** Returns whether a check fails now. */
  synchronized boolean isFailing(String check) {
    return failing.containsKey(check);
  }

  /** Returns why no work is taken; empty while it is. */
  public synchronized Optional<String> outOfService() {
    return failing.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", failing.values()));
  }
}
