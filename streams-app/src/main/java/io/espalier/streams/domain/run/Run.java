package io.espalier.streams.domain.run;

import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.RunState.Ended;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * One policy's work on one model version.
 *
 * @param id its name
 * @param plan what it is to do
 * @param state where it stands
 * @param attempt the stage and attempt it is at
 * @param outcomes finished stages, in order
 * @param revision number of this change, from 1
 * @param createdAt when it was planned
 * @param updatedAt when this change was made
 */
public record Run(
    RunId id,
    Plan plan,
    RunState state,
    StageAttempt attempt,
    List<StageOutcome> outcomes,
    long revision,
    Instant createdAt,
    Instant updatedAt) {
  public Run {
    outcomes = List.copyOf(outcomes);
  }

  static Run planned(Plan plan, Instant now) {
    return new Run(
        plan.runId(), plan, new RunState.Planned(), StageAttempt.FIRST, List.of(), 1, now, now);
  }

  /** The pinned policy. */
  public Policy policy() {
    return plan.policy();
  }

  /** When it gives up. */
  public Instant deadline() {
    return createdAt.plus(policy().effort().deadline());
  }

  /** Whether nothing more will happen to it. */
  public boolean ended() {
    return state instanceof Ended;
  }

  /** The job of its current attempt. */
  public JobId jobId() {
    return new JobId(id.value(), attempt);
  }

  /** The stage it is at. */
  public StageSpec stage() {
    return policy().stages().get(attempt.stageIndex());
  }

  /** What the current stage works on: the model, or what the stage before published. */
  public ArtifactReference input() {
    return outcomes.isEmpty()
        ? plan.model().artifact()
        : outcomes.get(outcomes.size() - 1).output().reference();
  }

  boolean atLastStage() {
    return attempt.stageIndex() == policy().stages().size() - 1;
  }

  boolean mayRetry() {
    return attempt.attempt() < policy().effort().maxAttempts();
  }

  Run to(RunState next, Instant now) {
    return new Run(id, plan, next, attempt, outcomes, revision + 1, createdAt, now);
  }

  Run at(StageAttempt next) {
    return new Run(id, plan, state, next, outcomes, revision, createdAt, updatedAt);
  }

  Run with(StageOutcome outcome) {
    List<StageOutcome> more = new ArrayList<>(outcomes);
    more.add(outcome);
    return new Run(id, plan, state, attempt, more, revision, createdAt, updatedAt);
  }
}
