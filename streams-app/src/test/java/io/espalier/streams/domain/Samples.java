package io.espalier.streams.domain;

import io.espalier.fact.ChangeFacts;
import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.streams.domain.job.Command;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelOrigin;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.policy.Match;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.policy.RetryPolicy;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent.Reported;
import io.espalier.streams.domain.run.RunEvent.Reporter;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.domain.stage.FailureKind;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.streams.domain.stage.StageSpec;
import io.espalier.streams.domain.stage.WorkerReport;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/** Models, policies and reports to test with. */
public final class Samples {
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  public static final Match ANY = new Match(Optional.empty(), List.of(), Set.of(), Map.of());

  /** The token of every command. */
  public static final String TOKEN = "token";

  private Samples() {}

  public static Model model(String name, String tenant, int generation) {
    return new Model(
        new ModelRef(name, "1"),
        new ArtifactReference("file:///models/" + name, Optional.empty()),
        "image-classification",
        Optional.of("resnet"),
        OptionalLong.empty(),
        Map.of(),
        Map.of("tier", "edge"),
        new ModelOrigin("test", tenant, generation, Optional.empty(), START));
  }

  public static Model model(String name) {
    return model(name, "default", 0);
  }

  public static Policy policy(int stages, List<Gate> gates, Match match) {
    return new Policy(
        "small",
        1,
        match,
        0,
        Map.of(),
        Collections.nCopies(stages, new StageSpec(StageKind.PRUNE, "{}")),
        gates,
        OnGateFailure.REJECT,
        new Placement("default", 0),
        new RetryPolicy(3, Duration.ofSeconds(30), Duration.ofHours(6), Optional.empty()),
        7);
  }

  /** A policy of one stage that does not wait for ever. */
  public static Policy impatient(Duration queueTimeout) {
    Policy usual = policy(1, List.of(), ANY);
    return new Policy(
        usual.name(),
        usual.generation(),
        usual.match(),
        usual.maxGeneration(),
        usual.data(),
        usual.stages(),
        usual.gates(),
        usual.onGateFailure(),
        usual.placement(),
        new RetryPolicy(3, Duration.ofSeconds(30), Duration.ofHours(6), Optional.of(queueTimeout)),
        usual.seed());
  }

  public static RunPlan plan(String model, int stages) {
    return plan(model(model), policy(stages, List.of(), ANY));
  }

  public static RunPlan plan(Model model, Policy policy) {
    return new RunPlan(RunId.of(model, policy, id -> true), model, policy, "trace");
  }

  /** A job of the pool {@code default}; its number is its run's name. */
  public static Job job(int number, String tenant, int priority, Instant queuedAt) {
    return new Job(
        new JobId("run-" + number, StageAttempt.FIRST),
        "default",
        tenant,
        priority,
        queuedAt,
        new Command(
            new ModelRef("net-" + number, "1"),
            new Command.PolicyVersion("edge", 3),
            new StageSpec(StageKind.PRUNE, "{}"),
            new ArtifactReference("file:///models/net-" + number, Optional.empty()),
            Map.of(
                "teacher",
                new ArtifactReference("file:///models/net", Optional.of("0".repeat(64)))),
            "file:///out",
            Map.of(),
            7,
            "resume",
            START.plus(Duration.ofHours(6)),
            new Command.Identity(1, TOKEN),
            new Command.RunEnd(
                List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01)),
                2,
                List.of(
                    new Metric(
                        "accuracy",
                        "fraction",
                        OptionalDouble.of(0.9),
                        OptionalDouble.of(0.89),
                        true,
                        Optional.of("cifar"),
                        OptionalLong.of(100)))),
            "trace"));
  }

  /** Returns what a worker publishes for the first attempt at a run's first stage. */
  public static WorkerReport.Succeeded success(Run run, Metric... metrics) {
    String uri =
        "file:///artifacts/%s/%s/stage-%d/attempt-1-cdcdcdcdcdcd/"
            .formatted(run.plan().model().ref().name(), run.id(), run.attempt().stageIndex());
    return success(uri, metrics);
  }

  public static WorkerReport.Succeeded success(String uri, Metric... metrics) {
    return new WorkerReport.Succeeded(
        new Artifact(uri, "cd".repeat(32), 1000, ArtifactFiles.of(List.of())),
        new StageReport(
            "fastnas",
            "1",
            Map.of(),
            List.of(metrics),
            List.of("timm"),
            new StageCost(Duration.ofSeconds(1), "cpu", OptionalLong.empty(), false),
            Optional.empty(),
            ChangeFacts.NONE));
  }

  public static Reported reported(int stage, int attempt, WorkerReport report) {
    return reported(stage, attempt, "w1", report);
  }

  public static Reported reported(int stage, int attempt, String worker, WorkerReport report) {
    return new Reported(new StageAttempt(stage, attempt), new Reporter(worker, TOKEN), report);
  }

  public static Reported failed(int stage, int attempt, FailureKind kind, boolean retryable) {
    return reported(stage, attempt, new WorkerReport.Failed(kind, "because", retryable));
  }
}
