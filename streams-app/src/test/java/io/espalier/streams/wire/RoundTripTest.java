package io.espalier.streams.wire;

import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.WidthFact;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.Gate;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
import io.espalier.gate.GatedMetric;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFile;
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
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PooledJob;
import io.espalier.streams.domain.run.Deliveries;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunAttempts;
import io.espalier.streams.domain.run.RunEnding;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunHistory;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunPlan;
import io.espalier.streams.domain.run.RunState;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageProgress;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.serialization.Serde;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that the coordinator's own state comes back as it went, whatever is in it. */
final class RoundTripTest {
  private static final ChangeFacts FACTS =
      new ChangeFacts(
          List.of(new WidthFact("model.layers.3.heads", "heads", "model.layers.3", 4, 3)),
          List.of(
              new ConstraintFact("flops", "60%", OptionalLong.of(60), OptionalLong.of(59)),
              new ConstraintFact("latency", "4 ms", OptionalLong.empty(), OptionalLong.empty())),
          List.of(
              new CandidateFact(
                  Map.of("hidden_size", 48),
                  List.of(0, 2),
                  Map.of("flops", 5_000_000_000L),
                  Optional.of(new CandidateFact.Score("kl", Double.POSITIVE_INFINITY)),
                  true),
              new CandidateFact(Map.of(), List.of(), Map.of(), Optional.empty(), false)));
  private static final BudgetForecast FORECAST =
      new BudgetForecast(
          Map.of("flops", "73%"),
          List.of(
              new GatedMetric(
                  "accuracy", "fraction", OptionalDouble.of(0.9), OptionalDouble.of(0.875), true)),
          BudgetForecast.Basis.CURVE);

  private final CoordinatorTopics wire =
      new CoordinatorTopics(new Topics("test.", SchemaRegistry.inMemory("round-trips"), 1));

  @ParameterizedTest
  @MethodSource("statesOfRunsThatGoOn")
  void a_run_comes_back_in_every_state(RunState state) {
    KeptRun kept = new KeptRun.Going(run(plan(), state));

    assertThat(again(wire.run(), kept)).isEqualTo(kept);
  }

  @Test
  void a_run_of_which_little_is_said_comes_back() {
    KeptRun kept = new KeptRun.Going(run(Samples.plan("net", 1), new RunState.Queued(START)));

    assertThat(again(wire.run(), kept)).isEqualTo(kept);
  }

  @Test
  void a_run_that_is_over_comes_back_with_its_ending_and_what_it_published() {
    List<KeptRun> over =
        Arrays.stream(RunEnding.values())
            .<KeptRun>map(
                ending ->
                    new KeptRun.Over(
                        new RunId("r"),
                        ending,
                        START,
                        ending == RunEnding.PUBLISHED
                            ? Optional.of(
                                new ArtifactReference("s3://out", Optional.of("cd".repeat(32))))
                            : Optional.empty()))
            .toList();

    assertThat(over).hasSize(6).allSatisfy(k -> assertThat(again(wire.run(), k)).isEqualTo(k));
  }

  @Test
  void a_run_that_may_be_opened_again_comes_back_whole() {
    GateResult gate =
        new GateResult(new Gate("m", GateRule.THRESHOLD, 0.5), OptionalDouble.of(0.25), false);
    RunState ended = new RunState.Ended(RunEnding.MISSED_GATE, "missed m", List.of(gate));
    KeptRun kept = new KeptRun.Unpublished(run(plan(), ended));

    assertThat(again(wire.run(), kept)).isEqualTo(kept);
  }

  @Test
  void what_is_sent_home_comes_back() {
    List<ForRun> requests =
        List.of(
            new ForRun("r", new RunEvent.CancelRequested("me", "no")),
            new ForRun("r", new RunEvent.RetryRequested("me", "again")));

    assertThat(again(wire.model(), plan().model())).isEqualTo(plan().model());
    assertThat(requests).allSatisfy(r -> assertThat(again(wire.request(), r)).isEqualTo(r));
  }

  @Test
  void messages_to_pools_come_back() {
    Job job = Samples.job(1, "vision", 5, START);
    List<ForPool> messages =
        List.of(
            new ForPool("gpu", new PoolEvent.JobQueued(job)),
            new ForPool("gpu", new PoolEvent.JobEnded(job.id())));

    assertThat(messages).allSatisfy(m -> assertThat(again(wire.forPool(), m)).isEqualTo(m));
  }

  @Test
  void a_pool_s_jobs_come_back() {
    Job job = Samples.job(1, "vision", 5, START);
    PooledJob waiting = new PooledJob.Waiting(job);
    PooledJob atWork =
        new PooledJob.AtWork(
            new InFlight(
                job.id(),
                "vision",
                Optional.of(job),
                new InFlight.Sent(START.plusMillis(1), 2),
                Optional.empty()));

    assertThat(again(wire.placed(), waiting)).isEqualTo(waiting);
    assertThat(again(wire.placed(), atWork)).isEqualTo(atWork);
  }

  static Stream<RunState> statesOfRunsThatGoOn() {
    StageProgress progress =
        new StageProgress(
            "search", 3, 9, Optional.of(Duration.ofSeconds(12)), Map.of("loss", 0.25));
    return Stream.of(
        new RunState.Queued(START.plusMillis(1)),
        new RunState.Running("w1", START.plusMillis(1), START.plusMillis(2), Optional.empty()),
        new RunState.Running("w1", START.plusMillis(1), START.plusMillis(2), Optional.of(progress)),
        new RunState.BackingOff(START.plusMillis(3), "no space left"));
  }

  private static <T> T again(Serde<T> serde, T value) {
    return serde.deserializer().deserialize("any", serde.serializer().serialize("any", value));
  }

  private static Run run(RunPlan plan, RunState state) {
    return new Run(
        plan.runId(),
        plan,
        state,
        new RunAttempts(
            new StageAttempt(1, 2), 3, 1, 0, 5, "token", new Deliveries(List.of(9, 9, 0, 0, 3, 2))),
        List.of(outcome()),
        new RunHistory(
            11,
            START,
            START.plusMillis(4),
            Optional.of(START.plusMillis(1)),
            Duration.ofMillis(9)));
  }

  private static StageOutcome outcome() {
    Artifact output =
        new Artifact(
            "s3://out",
            "cd".repeat(32),
            Optional.of("98".repeat(32)),
            10,
            new ArtifactFiles(
                List.of(new ArtifactFile("a", 10, "ef".repeat(32))),
                3,
                Optional.of("s3://manifest")));
    Metric metric =
        new Metric(
            "accuracy",
            "fraction",
            OptionalDouble.of(0.9),
            OptionalDouble.empty(),
            true,
            Optional.of("cifar"),
            OptionalLong.of(100));
    StageCost cost = new StageCost(Duration.ofMillis(5), "cpu", OptionalLong.of(7), true);
    return new StageOutcome(
        StageKind.PRUNE,
        2,
        output,
        new StageReport(
            "fastnas",
            "1",
            Map.of("width", "half"),
            List.of(metric),
            List.of("timm"),
            cost,
            Optional.of(FORECAST),
            FACTS));
  }

  private static RunPlan plan() {
    Model model =
        new Model(
            new ModelRef("org/net", "7"),
            new ArtifactReference(
                "s3://models/net", Optional.of("ab".repeat(32)), Optional.of("67".repeat(32))),
            "image-classification",
            Optional.of("resnet"),
            OptionalLong.of(270_000),
            Map.of("train", "s3://train"),
            Map.of("tier", "edge"),
            new ModelOrigin("hub", "vision", 2, Optional.of("12".repeat(32)), START));
    Policy policy =
        new Policy(
            "small",
            3,
            new Match(Optional.of("x"), List.of(), Set.of("resnet"), Map.of("tier", "edge")),
            2,
            Map.of("eval", "s3://eval"),
            List.of(
                new StageSpec(StageKind.PRUNE, "{}"), new StageSpec(new StageKind("copy"), "{1}")),
            Arrays.stream(GateRule.values()).map(rule -> new Gate("m", rule, 0.5)).toList(),
            OnGateFailure.PUBLISH,
            new Placement("gpu", 5),
            new RetryPolicy(
                3, Duration.ofMillis(30_500), Duration.ofHours(6), Optional.of(Duration.ofDays(2))),
            -7);
    return new RunPlan(
        new RunId("r"), model, policy, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01");
  }
}
