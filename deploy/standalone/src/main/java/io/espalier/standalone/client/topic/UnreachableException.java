package io.espalier.standalone.client.topic;

/** The system, or a part of it, cannot be reached or has not been set up. */
public final class UnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnreachableException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A system that is not there; the message says where it was looked for and what to do. */
  public UnreachableException(String message) {
    super(message);
  }
}
