package io.espalier.worker.domain;

import org.jspecify.annotations.Nullable;

/**
 * A request could not be fulfilled. The message says what was wanted, what was found, where, and
 * what to do.
 */
public class WorkerException extends RuntimeException {
  private final boolean retryable;

  /** A failure; {@code retryable} if another attempt could end differently. */
  public WorkerException(String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
  }

  /** Returns whether another attempt could end differently. */
  public final boolean retryable() {
    return retryable;
  }
}
