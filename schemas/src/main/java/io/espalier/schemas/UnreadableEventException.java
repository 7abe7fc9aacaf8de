package io.espalier.schemas;

import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/** A record whose bytes are no event of its topic. Never transient: the bytes will not change. */
public final class UnreadableEventException extends SerializationException {
  private static final long serialVersionUID = 1L;

  /** Bytes that are no event; the message says what was wanted and what was found. */
  public UnreadableEventException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
