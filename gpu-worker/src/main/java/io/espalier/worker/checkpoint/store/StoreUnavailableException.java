package io.espalier.worker.checkpoint.store;

import io.espalier.worker.domain.ResourceException;

/**
 * An artifact store that this machine does not have: not mounted, or never set up. A worker that
 * meets this is of no use until somebody does something about it.
 */
public final class StoreUnavailableException extends ResourceException {
  /** A store out of reach; the message says which, and what to do. */
  public StoreUnavailableException(String message) {
    super(message, null);
  }
}
