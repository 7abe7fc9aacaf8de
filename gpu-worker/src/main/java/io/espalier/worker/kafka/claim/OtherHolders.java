package io.espalier.worker.kafka.claim;

import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whoever else holds a command that this claim was given, in this worker or in another one.
 *
 * <p>A command that the queue gave out twice is worked on once: the later claim waits, and the work
 * of the earlier one goes on although its own lease can no longer be renewed.
 */
public final class OtherHolders {
  private static final Logger LOGGER = LoggerFactory.getLogger(OtherHolders.class);
  private static final Duration LOOK = Duration.ofMillis(200);

  private final HeldCommands held;
  private final OtherWorkers others;

  public OtherHolders(HeldCommands held, OtherWorkers others) {
    this.held = held;
    this.others = others;
  }

  /** Returns what this worker holds. */
  public HeldCommands held() {
    return held;
  }

  /**
   * Waits until nobody else works on the attempt.
   *
   * @return whether it had to wait
   * @throws io.espalier.worker.stage.StoppedException if a stop was requested
   */
  public boolean awaitNobodyElse(ClaimedCommand attempt, Stop stop) {
    Optional<String> holder = holder(attempt, stop);
    if (holder.isEmpty()) {
      return false;
    }
    attempt
        .describe(LOGGER.atWarn())
        .addKeyValue("holder", holder.get())
        .log("the queue gave out again what is being worked on; waiting for its end");
    while (holder(attempt, stop).isPresent()) {
      if (stop.await(LOOK)) {
        stop.check();
      }
    }
    return true;
  }

  /**
   * Returns whether somebody else has the lease of this claim's command and waits for its work to
   * end.
   */
  public boolean isAwaited(Stop stop) {
    return held.isHeldAgain(stop) || held.attempt(stop).flatMap(others::waitingFor).isPresent();
  }

  private Optional<String> holder(ClaimedCommand attempt, Stop stop) {
    return held.isHeldBefore(stop) ? Optional.of("this worker") : others.workingOn(attempt);
  }
}
