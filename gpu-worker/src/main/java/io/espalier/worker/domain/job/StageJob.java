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
 * @param references directories of further models by role, such as {@code teacher}; only read
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
    long seed,
    Map<String, Path> references) {

  /** A job; maps are copied. */
  public StageJob {
    data = Map.copyOf(data);
    references = Map.copyOf(references);
  }

  /** A job that needs no model but its input. */
  public StageJob(
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
    this(runId, stageIndex, attempt, kind, spec, input, output, checkpoints, data, seed, Map.of());
  }

  /** The same with further models, by role. */
  public StageJob with(Map<String, Path> models) {
    return new StageJob(
        runId, stageIndex, attempt, kind, spec, input, output, checkpoints, data, seed, models);
  }
}
