package io.espalier.worker.stage;

import io.espalier.worker.domain.WorkerException;

/** Work was stopped on request before it was done. */
public final class StoppedException extends WorkerException {
  private final Stop.Reason reason;

  /** Work stopped by a request. Another attempt could end differently unless nobody awaits it. */
  public StoppedException(Stop.Request request) {
    super(request.message(), request.reason() != Stop.Reason.CANCELLED, null);
    this.reason = request.reason();
  }

  /** Returns why it was stopped. */
  public Stop.Reason reason() {
    return reason;
  }
}
