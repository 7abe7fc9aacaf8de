package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.util.function.Function;

/** Event of a pool. */
public sealed interface PoolEvent {
  /**
   * A job joins the line.
   *
   * @param job the job
   */
  record JobQueued(Job job) implements PoolEvent {}

  /**
   * A job is over, whether it waited or worked.
   *
   * @param job the job
   */
  record JobEnded(JobId job) implements PoolEvent {}

  /**
   * A worker gives a sign of life.
   *
   * @param worker the worker as it is
   */
  record WorkerAlive(PoolWorker worker) implements PoolEvent {}

  /** The result of the function for this kind of event. */
  default <T> T match(
      Function<JobQueued, T> jobQueued,
      Function<JobEnded, T> jobEnded,
      Function<WorkerAlive, T> workerAlive) {
    if (this instanceof JobQueued event) {
      return jobQueued.apply(event);
    } else if (this instanceof JobEnded event) {
      return jobEnded.apply(event);
    }
    return workerAlive.apply((WorkerAlive) this);
  }
}
