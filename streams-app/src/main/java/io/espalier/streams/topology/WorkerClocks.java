package io.espalier.streams.topology;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clocks of workers against the coordinator's. Nothing is decided by a worker's clock, but times in
 * reports, artifacts and lists come from it, so a difference is told.
 *
 * <p>A heartbeat may have waited in its worker for a broker, so one that is late says nothing; a
 * clock is wrong if every heartbeat of a while is.
 */
final class WorkerClocks {
  /** Difference that nobody is bothered with. */
  static final Duration TOLERATED = Duration.ofSeconds(5);

  /** How long every heartbeat must be off. */
  static final Duration WATCHED = Duration.ofSeconds(30);

  private static final Logger LOGGER = LoggerFactory.getLogger(WorkerClocks.class);
  private static final Duration AGAIN = Duration.ofHours(1);
  private static final int MOST = 10_000;

  /** Since when a worker's clock has been off, and when that was told. */
  private record Suspicion(Instant since, Optional<Instant> told) {}

  private final Map<String, Suspicion> suspicions = new LinkedHashMap<>();

  /**
   * Takes note of what a worker's clock said when it wrote a heartbeat.
   *
   * @param said time by its clock
   * @param notBefore time by the coordinator's clock before which it was not written
   * @param now the coordinator's clock
   * @return the difference if it is told now: above zero if the worker's clock is ahead
   */
  Optional<Duration> heard(String worker, Instant said, Instant notBefore, Instant now) {
    Duration ahead = ahead(said, notBefore, now);
    if (ahead.abs().compareTo(TOLERATED) <= 0) {
      suspicions.remove(worker);
      return Optional.empty();
    }
    Suspicion before = suspicions.getOrDefault(worker, new Suspicion(now, Optional.empty()));
    boolean due =
        !now.isBefore(before.since().plus(WATCHED))
            && before.told().map(told -> !now.isBefore(told.plus(AGAIN))).orElse(true);
    note(worker, new Suspicion(before.since(), due ? Optional.of(now) : before.told()));
    if (due) {
      LOGGER.warn(
          "the clock of a worker is {} s {} the coordinator's; nothing is decided by it, but times"
              + " in reports and lists are wrong by as much: set both by NTP; worker={}",
          ahead.abs().toSeconds(),
          ahead.isNegative() ? "behind" : "ahead of",
          worker);
    }
    return due ? Optional.of(ahead) : Optional.empty();
  }

  /** Returns the least difference that explains what was said. */
  private static Duration ahead(Instant said, Instant notBefore, Instant now) {
    if (said.isAfter(now)) {
      return Duration.between(now, said);
    }
    return said.isBefore(notBefore) ? Duration.between(notBefore, said) : Duration.ZERO;
  }

  /** Heartbeats may name any worker, so those that were suspected first are forgotten. */
  private void note(String worker, Suspicion suspicion) {
    suspicions.put(worker, suspicion);
    if (suspicions.size() > MOST) {
      suspicions.remove(suspicions.keySet().iterator().next());
    }
  }
}
