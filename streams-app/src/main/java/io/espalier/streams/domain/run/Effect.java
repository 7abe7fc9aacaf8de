package io.espalier.streams.domain.run;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;

/** What a decision asks of the world outside the run. */
public sealed interface Effect {
  /**
   * The job joins its pool's line.
   *
   * @param job the job
   */
  record QueueJob(Job job) implements Effect {}

  /**
   * The job leaves its pool, whether it waited or worked.
   *
   * @param pool the pool
   * @param job the job
   */
  record EndJob(String pool, JobId job) implements Effect {}

  /**
   * A pruned-model event.
   *
   * @param run the run that ended so
   */
  record Publish(Run run) implements Effect {}

  /**
   * A model-rejected event.
   *
   * @param run the run that ended so
   */
  record Reject(Run run) implements Effect {}

  /**
   * The registration goes to the dead letters too, to be replayed when the cause is gone.
   *
   * @param run the run that ended so
   */
  record DeadLetter(Run run) implements Effect {}
}
