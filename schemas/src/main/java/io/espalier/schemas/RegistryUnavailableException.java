package io.espalier.schemas;

import org.apache.kafka.common.errors.RetriableException;

/**
 * The schema registry does not answer, or with anything but a schema. Always transient, whatever it
 * says: no record is to blame.
 */
public final class RegistryUnavailableException extends RetriableException {
  private static final long serialVersionUID = 1L;

  /** A registry without a useful answer; the message says what was asked. */
  public RegistryUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
