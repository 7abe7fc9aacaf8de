package io.espalier.streams.domain.job;

import io.espalier.gate.Gate;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Order to a worker.
 *
 * @param model the run's model
 * @param policy the run's policy; for information
 * @param stage what to do
 * @param input the model directory that goes in
 * @param references further models that the stage needs, by role
 * @param outputUri directory under which the worker publishes
 * @param data data by role, as URIs
 * @param seed seed of everything random in the stage
 * @param resumeKey names the stage's work across attempts, so that a later one continues it
 * @param deadline earliest time at which the run may give up; for information
 * @param identity what tells it from the run's other commands
 * @param end what the result of the run is judged by; for information
 * @param trace W3C trace context of the run
 */
public record Command(
    ModelRef model,
    PolicyVersion policy,
    StageSpec stage,
    ArtifactReference input,
    Map<String, ArtifactReference> references,
    String outputUri,
    Map<String, String> data,
    long seed,
    String resumeKey,
    Instant deadline,
    Identity identity,
    RunEnd end,
    String trace) {
  /**
   * A policy as it was when a run began.
   *
   * @param name empty in a command of an older version
   * @param generation 0 in a command of an older version
   */
  public record PolicyVersion(String name, long generation) {}

  /**
   * Identity of a command among those of its run.
   *
   * @param sequence position among all commands of the run, from 1; 0 in one of an older version
   * @param token what its result must carry; empty in one of an older version
   */
  public record Identity(long sequence, String token) {}

  /**
   * Basis of the verdict on the result of the run once its last stage is done, for reports that say
   * how it fares.
   *
   * @param gates of the policy; empty in a command of an older version
   * @param stages of the run in all; 0 in a command of an older version
   * @param earlier what the stages before this one measured
   */
  public record RunEnd(List<Gate> gates, int stages, List<Metric> earlier) {
    /** An end; the lists are copied. */
    public RunEnd {
      gates = List.copyOf(gates);
      earlier = List.copyOf(earlier);
    }
  }

  public Command {
    references = Map.copyOf(references);
    data = Map.copyOf(data);
  }
}
