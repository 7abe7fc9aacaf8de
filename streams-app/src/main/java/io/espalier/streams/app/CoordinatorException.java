package io.espalier.streams.app;

import org.jspecify.annotations.Nullable;

/** The coordinator cannot start or go on; the message says what to do. */
public final class CoordinatorException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  CoordinatorException(String message) {
    super(message);
  }

  CoordinatorException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
