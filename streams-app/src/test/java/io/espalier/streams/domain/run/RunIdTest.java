package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.ANY;
import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelOrigin;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.policy.Match;
import io.espalier.streams.domain.policy.OnGateFailure;
import io.espalier.streams.domain.policy.Placement;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.policy.RetryPolicy;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageSpec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RunIdTest {
  private final Policy policy = Samples.policy(1, List.of(), ANY);

  /** Computed outside: SHA-256 of each field with its length before it as four bytes. */
  @Test
  void it_stays_what_it_is_from_release_to_release() {
    assertThat(
            RunId.of(model("net", "1", "file:///a", Optional.empty()), policy, any -> true).value())
        .isEqualTo("d11017d328ded1602da3393e2ab7c84a");
  }

  /** Computed outside in the same way, over what the work consists of. */
  @Test
  void of_a_generation_that_is_a_time_it_stays_what_it_is_too() {
    assertThat(id(timed())).isEqualTo("f31f59d7848c0610b29b247ab7c4d7ac");
  }

  @Test
  void of_a_generation_that_is_a_time_other_work_is_another_run() {
    Policy usual = timed();
    List<StageSpec> otherStages = List.of(new StageSpec(StageKind.PRUNE, "{}"));
    List<Gate> otherGates = List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.02));
    Map<String, String> otherData = Map.of("train", "file:///data/other");

    List<String> ids =
        List.of(
            id(usual),
            id(policy(otherStages, usual.data(), usual.gates(), 7)),
            id(policy(usual.stages(), otherData, usual.gates(), 7)),
            id(policy(usual.stages(), usual.data(), otherGates, 7)),
            id(policy(usual.stages(), usual.data(), List.of(), 7)),
            id(policy(usual.stages(), usual.data(), usual.gates(), 8)));

    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void which_models_a_policy_is_for_makes_no_other_run() {
    Policy usual = timed();
    Policy narrower =
        new Policy(
            usual.name(),
            usual.generation(),
            new Match(Optional.empty(), List.of(), Set.of(), Map.of("tier", "edge")),
            3,
            usual.data(),
            usual.stages(),
            usual.gates(),
            usual.onGateFailure(),
            usual.placement(),
            usual.effort(),
            usual.seed());

    assertThat(id(narrower)).isEqualTo(id(usual));
  }

  @Test
  void metadata_of_a_model_makes_no_other_run() {
    Model usual = model("net", "1", "file:///a", Optional.empty());
    Model labelled =
        new Model(
            usual.ref(),
            usual.artifact(),
            "text-classification",
            Optional.of("bert"),
            OptionalLong.of(5),
            Map.of("eval", "file:///data/eval"),
            Map.of("tier", "edge"),
            new ModelOrigin("elsewhere", "text", 0, Optional.empty(), START));

    assertThat(RunId.of(labelled, timed(), any -> true))
        .isEqualTo(RunId.of(usual, timed(), any -> true));
  }

  @Test
  void it_does_not_depend_on_where_the_model_lies() {
    RunId here = RunId.of(model("net", "1", "file:///a", Optional.empty()), policy, any -> true);
    RunId there = RunId.of(model("net", "1", "file:///b", Optional.empty()), policy, any -> true);

    assertThat(here).isEqualTo(there);
  }

  @Test
  void fields_that_read_the_same_one_after_the_other_are_different_runs() {
    String digest = "ab".repeat(32);

    List<RunId> ids =
        List.of(
            RunId.of(model("ab", "cx", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("a", "bcx", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("abc", "x", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("ab", "cx", "file:///a", Optional.of(digest)), policy, any -> true),
            RunId.of(
                model("ab", "cx" + digest, "file:///a", Optional.empty()), policy, any -> true));

    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void it_is_at_home_where_it_is_asked_to_be() {
    Model model = model("net", "1", "file:///a", Optional.empty());

    RunId id = RunId.of(model, policy, hash -> hash.endsWith("0"));

    assertThat(id.value()).endsWith("0").hasSize(32);
    assertThat(RunId.of(model, policy, hash -> hash.endsWith("0"))).isEqualTo(id);
  }

  private static String id(Policy policy) {
    return RunId.of(model("net", "1", "file:///a", Optional.empty()), policy, any -> true).value();
  }

  private static Policy timed() {
    return policy(
        List.of(new StageSpec(StageKind.PRUNE, "{\"algorithm\":\"fastnas\"}")),
        Map.of("train", "file:///data/train"),
        List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01)),
        7);
  }

  private static Policy policy(
      List<StageSpec> stages, Map<String, String> data, List<Gate> gates, long seed) {
    return new Policy(
        "small",
        START.toEpochMilli(),
        ANY,
        0,
        data,
        stages,
        gates,
        OnGateFailure.REJECT,
        new Placement("default", 0),
        new RetryPolicy(3, Duration.ofSeconds(30), Duration.ofHours(6), Optional.empty()),
        seed);
  }

  private static Model model(String name, String version, String uri, Optional<String> digest) {
    return new Model(
        new ModelRef(name, version),
        new ArtifactReference(uri, digest),
        "image-classification",
        Optional.empty(),
        OptionalLong.empty(),
        Map.of(),
        Map.of(),
        new ModelOrigin("test", "default", 0, Optional.empty(), START));
  }
}
