package io.espalier.streams.wire;

import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFile;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.model.Origin;
import io.espalier.streams.domain.policy.Effort;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.Match;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.Placed;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.Shares;
import io.espalier.streams.domain.pool.Staff;
import io.espalier.streams.domain.pool.Worker;
import io.espalier.streams.domain.run.Ending;
import io.espalier.streams.domain.run.ForRun;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.Plan;
import io.espalier.streams.domain.run.Run;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunId;
import io.espalier.streams.domain.run.RunState;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.Progress;
import io.espalier.streams.domain.stage.StageAttempt;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
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

/** What the coordinator keeps for itself comes back as it went, whatever is in it. */
final class RoundTripTest {
  private final Wire wire =
      new Wire(new Topics("test.", SchemaRegistry.inMemory("round-trips"), 1));

  @ParameterizedTest
  @MethodSource("statesOfRunsThatGoOn")
  void a_run_comes_back_in_every_state(RunState state) {
    KeptRun kept = new KeptRun.Going(run(plan(), state));

    assertThat(again(wire.run(), kept)).isEqualTo(kept);
  }

  @Test
  void a_run_of_which_little_is_said_comes_back() {
    KeptRun kept = new KeptRun.Going(run(Samples.plan("net", 1), new RunState.Queued()));

    assertThat(again(wire.run(), kept)).isEqualTo(kept);
  }

  @Test
  void an_ended_run_comes_back_with_its_ending() {
    List<KeptRun> over =
        Arrays.stream(Ending.values())
            .<KeptRun>map(ending -> new KeptRun.Over(new RunId("r"), ending, START))
            .toList();

    assertThat(over).hasSize(6).allSatisfy(k -> assertThat(again(wire.run(), k)).isEqualTo(k));
  }

  @Test
  void messages_to_runs_come_back() {
    List<ForRun> messages =
        List.of(
            new ForRun("r", new RunEvent.Planned(plan())),
            new ForRun("r", new RunEvent.Released(new StageAttempt(1, 3))));

    assertThat(messages).allSatisfy(m -> assertThat(again(wire.forRun(), m)).isEqualTo(m));
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
  void a_pool_s_jobs_and_staff_come_back() {
    Placed waiting = new Placed.Waiting(Samples.job(1, "vision", 5, START));
    Placed atWork =
        new Placed.AtWork(new InFlight(new JobId("r", new StageAttempt(1, 2)), "vision"));
    Staff staff =
        new Staff(List.of(new Worker("w1", 2, START)), new Shares(Map.of("vision", 9L), 8));

    assertThat(again(wire.placed(), waiting)).isEqualTo(waiting);
    assertThat(again(wire.placed(), atWork)).isEqualTo(atWork);
    assertThat(again(wire.staff(), staff)).isEqualTo(staff);
  }

  static Stream<RunState> statesOfRunsThatGoOn() {
    Progress progress =
        new Progress("search", 3, 9, Optional.of(Duration.ofSeconds(12)), Map.of("loss", 0.25));
    return Stream.of(
        new RunState.Planned(),
        new RunState.Queued(),
        new RunState.Dispatched(START.plusMillis(1)),
        new RunState.Running("w1", START.plusMillis(2), Optional.empty()),
        new RunState.Running("w1", START.plusMillis(2), Optional.of(progress)),
        new RunState.BackingOff(START.plusMillis(3), "no space left"));
  }

  private static <T> T again(Serde<T> serde, T value) {
    return serde.deserializer().deserialize("any", serde.serializer().serialize("any", value));
  }

  private static Run run(Plan plan, RunState state) {
    return new Run(
        plan.runId(),
        plan,
        state,
        new StageAttempt(1, 2),
        List.of(outcome()),
        11,
        START,
        START.plusMillis(4));
  }

  private static StageOutcome outcome() {
    Artifact output =
        new Artifact(
            "s3://out", "cd".repeat(32), 10, List.of(new ArtifactFile("a", 10, "ef".repeat(32))));
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
            "fastnas", "1", Map.of("width", "half"), List.of(metric), List.of("timm"), cost));
  }

  private static Plan plan() {
    Model model =
        new Model(
            new ModelRef("org/net", "7"),
            new ArtifactReference("s3://models/net", Optional.of("ab".repeat(32))),
            "image-classification",
            Optional.of("resnet"),
            OptionalLong.of(270_000),
            Map.of("train", "s3://train"),
            Map.of("tier", "edge"),
            new Origin("hub", "vision", 2, Optional.of("12".repeat(32)), START));
    Policy policy =
        new Policy(
            "small",
            3,
            new Match(Optional.of("x"), List.of(), Set.of("resnet"), Map.of("tier", "edge")),
            2,
            Map.of("eval", "s3://eval"),
            List.of(new StageSpec(StageKind.PRUNE, "{}"), new StageSpec(StageKind.EXPORT, "{1}")),
            Arrays.stream(GateRule.values()).map(rule -> new Gate("m", rule, 0.5)).toList(),
            OnGateFailure.PUBLISH,
            new Placement("gpu", 5),
            new Effort(3, Duration.ofMillis(30_500), Duration.ofHours(6)),
            -7);
    return new Plan(model, policy, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01");
  }
}
