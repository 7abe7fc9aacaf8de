package io.espalier.streams.wire;

import org.apache.kafka.common.KafkaException;

/**
 * Failure to read the coordinator's own state. It must not go on without: what it does not know of
 * it would lose or do twice. Never transient.
 */
public final class UnreadableStateException extends KafkaException {
  private static final long serialVersionUID = 1L;

  /** State that cannot be read; the message says what to do. */
  public UnreadableStateException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Returns whether a failure, or what caused it, is of this kind. */
  public static boolean causes(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnreadableStateException) {
        return true;
      }
    }
    return false;
  }
}
