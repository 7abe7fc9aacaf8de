package io.espalier.worker.kafka;

/** A command goes back to the queue unanswered, since this worker cannot deal with it now. */
final class GivenBackException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A command that goes back; the message says why. */
  GivenBackException(String message) {
    super(message);
  }
}
