package io.espalier.standalone.client;

import io.espalier.event.Artifact;
import io.espalier.event.BudgetForecast;
import io.espalier.event.ForecastBasis;
import io.espalier.event.Gate;
import io.espalier.event.GateResult;
import io.espalier.event.GateRule;
import io.espalier.event.Metric;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageCost;
import io.espalier.event.StageKind;
import io.espalier.event.StageOutcome;
import io.espalier.event.StageReport;
import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.WidthFact;
import io.espalier.schemas.FactsMapping;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** A run of two stages. */
public final class SampleRun {
  public static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  private static final ChangeFacts FACTS =
      new ChangeFacts(
          List.of(
              new WidthFact("hidden", "hidden", "", 64, 48),
              new WidthFact("h.0.heads", "heads", "h.0", 4, 3),
              new WidthFact("h.1.heads", "heads", "h.1", 4, 4)),
          List.of(
              new ConstraintFact("flops", "60%", OptionalLong.of(6_000), OptionalLong.of(5_900)),
              new ConstraintFact("latency", "4 ms", OptionalLong.empty(), OptionalLong.empty())),
          List.of(
              new CandidateFact(
                  Map.of("hidden_size", 48),
                  List.of(0, 1),
                  Map.of("flops", 5_900L),
                  Optional.of(new CandidateFact.Score("kl", 0.125)),
                  true),
              new CandidateFact(
                  Map.of("hidden_size", 40), List.of(0, 1), Map.of(), Optional.empty(), false)));

  private SampleRun() {}

  /** A run that published, with a stage, a metric and a gate. */
  static Run published(String id) {
    Run run = in(RunState.PUBLISHED, id);
    var accuracy = new Metric("accuracy", "fraction", 0.9, 0.85, true, null, null);
    var artifact = new Artifact("file:///store/" + id + "/", "d1", null, 100L, List.of(), 2, null);
    run.setStages(
        List.of(
            new StageOutcome(
                StageKind.PRUNE,
                2,
                artifact,
                new StageReport(
                    "fastnas",
                    "3",
                    Map.of(),
                    List.of(accuracy),
                    List.of(),
                    new StageCost(12_000L, "cpu", null, false),
                    null,
                    FactsMapping.toAvro(FACTS)),
                "")));
    run.setGates(
        List.of(new GateResult(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.1), 0.05, true)));
    run.setArtifact(artifact);
    return run;
  }

  /** The same run, rejected by a gate, with a forecast. */
  static Run rejected(String id) {
    Run run = published(id);
    run.setState(RunState.REJECTED);
    run.setArtifact(null);
    run.setReason("missed accuracy");
    run.setGates(
        List.of(new GateResult(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.03), 0.05, false)));
    var foretold = new Metric("accuracy", "fraction", 0.9, 0.875, true, null, null);
    run.getStages()
        .get(0)
        .getReport()
        .setForecast(
            new BudgetForecast(Map.of("flops", "73%"), List.of(foretold), ForecastBasis.CURVE));
    return run;
  }

  public static Run in(RunState state) {
    return in(state, "run-1");
  }

  public static Run in(RunState state, String id) {
    return Run.newBuilder()
        .setRunId(id)
        .setModelName("resnet")
        .setModelVersion("1")
        .setPolicyName("edge")
        .setPolicyGeneration(7)
        .setTenant("default")
        .setPool("gpu")
        .setState(state)
        .setStageIndex(0)
        .setStageCount(2)
        .setAttempt(3)
        .setStages(List.of())
        .setGates(List.of())
        .setCreatedAt(NOON)
        .setUpdatedAt(NOON)
        .build();
  }
}
