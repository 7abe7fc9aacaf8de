package io.espalier.worker.algorithm.train;

import io.espalier.worker.domain.ResourceException;

/** End of a training by an end of its process; another process goes on from the state it kept. */
public final class TrainingInterruptedException extends ResourceException {
  private static final long serialVersionUID = 1L;

  TrainingInterruptedException(long steps) {
    super(
        "the process is ending; the training was kept after %d steps, and whoever repeats the job goes on from there"
            .formatted(steps),
        null);
  }
}
