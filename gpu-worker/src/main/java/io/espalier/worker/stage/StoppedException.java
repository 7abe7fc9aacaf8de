package io.espalier.worker.stage;

import io.espalier.worker.domain.WorkerException;

/** Work was stopped on request before it was done. */
public final class StoppedException extends WorkerException {
  private final Stop.Reason reason;

  /** Work stopped by a request. Another attempt could end differently if only the worker ended. */
  public StoppedException(Stop.Request request) {
    super(
        request.message(),
        request.reason() == Stop.Reason.LEASE_LOST || request.reason() == Stop.Reason.CLOSING,
        null);
    this.reason = request.reason();
  }

  /** Why it was stopped. */
  public Stop.Reason reason() {
    return reason;
  }
}
