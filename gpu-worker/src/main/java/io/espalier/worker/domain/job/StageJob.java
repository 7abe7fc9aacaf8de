package io.espalier.worker.domain.job;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;

/**
 * One stage to run on local directories.
 *
 * @param runId the run that it belongs to
 * @param stageIndex position in the run's stages, from 0
 * @param attempt attempt at this stage, from 1
 * @param kind what to do
 * @param spec the stage's parameters as JSON, keys as in the policy file
 * @param input directory of the model that goes in; only read
 * @param output empty directory for the model that comes out; private to the attempt
 * @param checkpoints directory that outlives the attempt, for scores and resume points
 * @param data data by role (calibration, train, eval)
 * @param seed seed of everything random
 */
public record StageJob(
    String runId,
    int stageIndex,
    int attempt,
    StageKind kind,
    String spec,
    Path input,
    Path output,
    Path checkpoints,
    Map<String, URI> data,
    long seed) {

  /** A job; the map is copied. */
  public StageJob {
    data = Map.copyOf(data);
  }
}
