package io.espalier.standalone.client;

/** The system, or a part of it, cannot be reached or has not been set up. */
public final class UnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }

  UnreachableException(String message) {
    super(message);
  }
}
