package io.espalier.worker.domain;

import org.jspecify.annotations.Nullable;

/** Memory, disk or a process gave out. Always retryable: another attempt may find more of it. */
public final class ResourceException extends WorkerException {
  /** A resource gave out; the message says which and what was seen. */
  public ResourceException(String message, @Nullable Throwable cause) {
    super(message, true, cause);
  }
}
