package io.espalier.worker.kafka.claim;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/** A clock for measuring how long something takes: nobody sets it, so it never jumps. */
public final class SteadyClock extends Clock {
  private final Clock wall;
  private final Instant start;
  private final long startNanos = System.nanoTime();

  /** A clock that says now what another one says. */
  public SteadyClock(Clock wall) {
    this.wall = wall;
    this.start = wall.instant();
  }

  @Override
  public Instant instant() {
    return start.plusNanos(System.nanoTime() - startNanos);
  }

  @Override
  public ZoneId getZone() {
    return wall.getZone();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return new SteadyClock(wall.withZone(zone));
  }
}
