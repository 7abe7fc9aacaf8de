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
import java.util.Optional;

/**
 * One policy's work on one model version.
 *
 * @param id its name
 * @param plan what it is to do
 * @param state where it stands
 * @param attempts the stage and attempt it is at
 * @param outcomes finished stages, in order; files of their outputs are left out
 * @param history what has happened to it so far, in numbers
 */
public record Run(
    RunId id,
    RunPlan plan,
    RunState state,
    RunAttempts attempts,
    List<StageOutcome> outcomes,
    RunHistory history) {
  public Run {
    outcomes = List.copyOf(outcomes);
  }

  /** Returns the pinned policy. */
  public Policy policy() {
    return plan.policy();
  }

  /** Returns whether nothing more will happen to it by itself. */
  public boolean ended() {
    return state instanceof Ended;
  }

  /** Returns the stage and attempt it is at. */
  public StageAttempt attempt() {
    return attempts.current();
  }

  /** Returns the job of its current attempt. */
  public JobId jobId() {
    return new JobId(id.value(), attempt());
  }

  /** Returns the stage it is at. */
  public StageSpec stage() {
    return policy().stages().get(attempt().stageIndex());
  }

  /** Returns what the current stage works on: the model, or what the stage before published. */
  public ArtifactReference input() {
    return result().orElse(plan.model().artifact());
  }

  /** Returns what the last finished stage published. */
  Optional<ArtifactReference> result() {
    return outcomes.isEmpty()
        ? Optional.empty()
        : Optional.of(outcomes.get(outcomes.size() - 1).output().reference());
  }

  boolean atLastStage() {
    return attempt().stageIndex() == policy().stages().size() - 1;
  }

  boolean mayRetry() {
    return attempts.counted() < policy().effort().maxAttempts();
  }

  Run to(RunState next, Instant now) {
    return new Run(id, plan, next, attempts, outcomes, history.changed(now));
  }

  /** The same with a newer sign of life, which is no change that must be kept. */
  Run hearing(RunState.Running running) {
    return new Run(id, plan, running, attempts, outcomes, history);
  }

  Run with(RunAttempts next) {
    return new Run(id, plan, state, next, outcomes, history);
  }

  Run with(RunHistory next) {
    return new Run(id, plan, state, attempts, outcomes, next);
  }

  Run with(List<StageOutcome> others) {
    return new Run(id, plan, state, attempts, others, history);
  }

  Run with(StageOutcome outcome) {
    List<StageOutcome> more = new ArrayList<>(outcomes);
    more.add(outcome);
    return with(more);
  }
}
