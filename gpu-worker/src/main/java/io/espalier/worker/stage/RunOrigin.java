package io.espalier.worker.stage;

import io.espalier.worker.domain.job.StageJob;

/**
 * Run of a running system to which a job belongs.
 *
 * @param model its name
 * @param version of the model
 * @param policy its name; empty if the coordinator is too old to say
 * @param generation of the policy; 0 if the coordinator is too old to say
 * @param gates what the run's result is judged by
 * @param job the job
 */
public record RunOrigin(
    String model, String version, String policy, long generation, RunGates gates, StageJob job) {
  /** Returns what made the result, in words. */
  String cause() {
    return "model-registered event of %s@%s: stage %d, attempt %d"
        .formatted(model, version, job.stageIndex() + 1, job.attempt());
  }
}
