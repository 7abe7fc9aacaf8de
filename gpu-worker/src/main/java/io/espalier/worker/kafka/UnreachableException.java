package io.espalier.worker.kafka;

import io.espalier.worker.domain.WorkerException;
import org.jspecify.annotations.Nullable;

/** The broker does not answer. Always retryable: it may come back. */
public final class UnreachableException extends WorkerException {
  /** Nobody answers; the message says where and for how long. */
  public UnreachableException(String message, @Nullable Throwable cause) {
    super(message, true, cause);
  }
}
