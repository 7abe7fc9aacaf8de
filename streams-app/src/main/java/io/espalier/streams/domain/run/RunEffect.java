package io.espalier.streams.domain.run;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.util.OptionalLong;

/** Demand of a decision on the world outside the run. */
public sealed interface RunEffect {
  /**
   * The job joins its pool's line.
   *
   * @param job the job
   */
  record QueueJob(Job job) implements RunEffect {}

  /**
   * The job leaves its pool, whether it waited or worked.
   *
   * @param pool the pool
   * @param job the job
   */
  record EndJob(String pool, JobId job) implements RunEffect {}

  /**
   * Workers stop what they do for commands of the run and begin none of them.
   *
   * @param runId the run
   * @param sequence commands up to this one
   * @param except the one of them that goes on all the same
   * @param reason why, in words
   */
  record CloseCommands(RunId runId, long sequence, OptionalLong except, String reason)
      implements RunEffect {}

  /**
   * A pruned-model event.
   *
   * @param run the run that ended so
   */
  record Publish(Run run) implements RunEffect {}

  /**
   * A model-rejected event.
   *
   * @param run the run that ended so
   */
  record Reject(Run run) implements RunEffect {}

  /**
   * The registration goes to the dead letters too, to be replayed when the cause is gone.
   *
   * @param run the run that ended so
   */
  record DeadLetter(Run run) implements RunEffect {}

  /**
   * Whoever registered the model is told what that led to.
   *
   * @param plan what was registered and matched
   * @param outcome what it led to
   * @param message the same in words, with what to do
   */
  record AnswerRegistration(RunPlan plan, RegistrationOutcome outcome, String message)
      implements RunEffect {}
}
