package io.espalier.worker.kafka;

import io.espalier.schemas.TransientFailures;
import io.espalier.worker.kafka.claim.Backoff;
import io.espalier.worker.kafka.record.DeadLetters;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.SerializationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivery of this worker's reports that must have arrived. What passes by itself is tried again
 * until it works or is nobody's business any more; what stays makes the worker unfit.
 */
final class ReportDelivery {
  /** Name of the check that fails while nothing can be reported. */
  static final String CHECK = "reports";

  private static final Logger LOGGER = LoggerFactory.getLogger(ReportDelivery.class);

  private final StageEvents events;
  private final DeadLetters deadLetters;
  private final Fitness fitness;
  private final Backoff pauses;

  /**
   * Reports.
   *
   * @param events reports of attempts
   * @param deadLetters where records go that are no commands
   * @param fitness learns when nothing can be reported
   */
  ReportDelivery(StageEvents events, DeadLetters deadLetters, Fitness fitness) {
    this(events, deadLetters, fitness, new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(15)));
  }

  /** The same, with other pauses between the tries. */
  ReportDelivery(StageEvents events, DeadLetters deadLetters, Fitness fitness, Backoff pauses) {
    this.events = events;
    this.deadLetters = deadLetters;
    this.fitness = fitness;
    this.pauses = pauses;
  }

  StageEvents events() {
    return events;
  }

  DeadLetters deadLetters() {
    return deadLetters;
  }

  /** Has the worker take no more work until a check of this name passes. */
  void takeOutOfService(String check, String reason) {
    fitness.fails(check, reason);
  }

  /** Takes note that a stage failed here for want of a resource; too many in a row are the end. */
  void stageFailed(String reason) {
    fitness.stageFailed(reason);
  }

  /** Takes note that a stage ended well here. */
  void stageSucceeded() {
    fitness.stageSucceeded();
  }

  /**
   * Tells something. Tries at least once, also when the worker is closing: the queue may have no
   * delivery left for somebody else.
   *
   * @throws GivenBackException if it did not arrive and is no longer this worker's business
   * @throws RecordTooLargeException if it is too large to be told ever
   * @throws SerializationException if it cannot be written as an event
   */
  void tell(Stop stop, Runnable report) {
    requireLease(stop);
    for (int failed = 0; ; failed++) {
      try {
        report.run();
        return;
      } catch (KafkaException e) {
        refuseUnlessTransient(e);
        LOGGER.atWarn().setCause(e).log("report not sent, trying again");
      }
      stop.await(pauses.after(failed));
      if (isGivenUp(stop)) {
        throw new GivenBackException("the report could not be sent before the worker stopped");
      }
    }
  }

  private void refuseUnlessTransient(KafkaException failure) {
    if (TransientFailures.include(failure) && !isForbidden(failure)) {
      return;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof RecordTooLargeException tooLarge) {
        throw tooLarge;
      }
      if (cause instanceof SerializationException unwritable) {
        throw unwritable;
      }
    }
    String reason = "nothing can be reported: " + cause(failure);
    fitness.fails(CHECK, reason);
    throw new GivenBackException(reason);
  }

  /** Rights may be granted later, but until then this worker would only eat the queue. */
  private static boolean isForbidden(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof AuthorizationException || cause instanceof AuthenticationException) {
        return true;
      }
    }
    return false;
  }

  private static void requireLease(Stop stop) {
    if (stop.requested().filter(asked -> asked.reason() == Stop.Reason.LEASE_LOST).isPresent()) {
      throw new GivenBackException("the lease is lost");
    }
  }

  private static boolean isGivenUp(Stop stop) {
    return stop.requested()
        .filter(
            request ->
                request.reason() == Stop.Reason.LEASE_LOST
                    || request.reason() == Stop.Reason.CLOSING)
        .isPresent();
  }

  /** The innermost cause in words: the outer ones say only that something failed. */
  static String cause(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return innermost.getClass().getSimpleName() + ": " + innermost.getMessage();
  }
}
