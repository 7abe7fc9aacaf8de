package io.espalier.standalone.local;

/** A service of the installation did not start, ended, or does not answer. */
public final class ServiceException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** A service that is not there; the message says which, where, and what to do. */
  public ServiceException(String message) {
    super(message);
  }

  /** A service that is not there, with what showed it. */
  public ServiceException(String message, Throwable cause) {
    super(message, cause);
  }
}
