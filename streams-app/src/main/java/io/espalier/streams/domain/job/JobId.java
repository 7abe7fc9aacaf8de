package io.espalier.streams.domain.job;

import io.espalier.streams.domain.stage.StageAttempt;

/**
 * Names a job: which attempt at which stage of which run.
 *
 * @param runId the run's id
 * @param attempt stage and attempt
 */
public record JobId(String runId, StageAttempt attempt) implements Comparable<JobId> {
  @Override
  public int compareTo(JobId other) {
    int byRun = runId.compareTo(other.runId);
    return byRun != 0 ? byRun : attempt.compareTo(other.attempt);
  }

  @Override
  public String toString() {
    return runId + "/" + attempt.stageIndex() + "/" + attempt.attempt();
  }
}
