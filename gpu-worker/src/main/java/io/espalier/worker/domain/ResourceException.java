package io.espalier.worker.domain;

import org.jspecify.annotations.Nullable;

/**
 * Memory, disk, a store or a process gave out, or an input could not be read here and now. Always
 * retryable: another attempt or another worker may be better off.
 */
public class ResourceException extends WorkerException {
  /** A resource gave out; the message says which and what was seen. */
  public ResourceException(String message, @Nullable Throwable cause) {
    super(message, true, cause);
  }
}
