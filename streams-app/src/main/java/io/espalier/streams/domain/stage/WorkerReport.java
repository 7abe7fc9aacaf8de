package io.espalier.streams.domain.stage;

import io.espalier.streams.domain.model.Artifact;
import java.util.function.Function;

/** Report of a worker on an attempt at a stage. */
public sealed interface WorkerReport {
  /**
   * The worker has begun.
   *
   * @param delivery how often the queue has delivered the command, from 1
   * @param device the device it runs on, in words
   */
  record Started(int delivery, String device) implements WorkerReport {}

  /**
   * The worker is alive and this far.
   *
   * @param progress how far
   */
  record Progressed(StageProgress progress) implements WorkerReport {}

  /**
   * The output is published.
   *
   * @param output what was published
   * @param report what was done
   */
  record Succeeded(Artifact output, StageReport report) implements WorkerReport {}

  /**
   * There is no output.
   *
   * @param kind what went wrong
   * @param message what was wanted, what was found, where, and what to do
   * @param retryable whether another attempt could end differently
   */
  record Failed(FailureKind kind, String message, boolean retryable) implements WorkerReport {}

  /** The result of the function for this kind of report. */
  default <T> T match(
      Function<Started, T> started,
      Function<Progressed, T> progressed,
      Function<Succeeded, T> succeeded,
      Function<Failed, T> failed) {
    if (this instanceof Started report) {
      return started.apply(report);
    } else if (this instanceof Progressed report) {
      return progressed.apply(report);
    } else if (this instanceof Succeeded report) {
      return succeeded.apply(report);
    }
    return failed.apply((Failed) this);
  }
}
