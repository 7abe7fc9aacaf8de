package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageCommand;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import io.espalier.streams.topology.RunIds;
import io.espalier.streams.wire.CoordinatorTopics;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of clients' forecasts of runs, and of runs whose policy is withdrawn. */
final class ForetoldRunsTest {
  private static final long TIME = 1_790_000_000_000L;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 6})
  void the_run_that_is_foretold_from_the_events_is_the_one_that_begins(int partitions) {
    PruningPolicy policy = Driven.policy("small");
    policy.setGeneration(TIME);
    ModelRegistered model = Driven.model("net");

    String foretold =
        new RunIds(partitions)
            .of(CoordinatorTopics.read(model), CoordinatorTopics.read(policy))
            .value();

    try (var driven = new Driven(directory, partitions)) {
      driven.apply(policy);
      driven.register(model);
      assertThat(driven.runRecords()).extracting(TestRecord::key).containsExactly(foretold);
    }
  }

  @Test
  void a_run_goes_on_with_what_its_policy_said_when_the_policy_is_withdrawn() {
    PruningPolicy policy = Driven.policy("small");
    policy.setStages(
        List.of(
            new StageSpec(StageKind.PRUNE, "{\"algorithm\":\"fastnas\"}", ""),
            new StageSpec(StageKind.EVALUATE, "{\"samples\":7}", "")));
    policy.setGates(List.of(new Gate("bytes", GateRule.MAX_BYTES, 1_000.0)));
    try (var driven = new Driven(directory)) {
      driven.apply(policy);
      driven.heartbeat("w1", 10);
      driven.register(Driven.model("net"));
      StageCommand first = driven.commands().get(0);
      driven.started(first, "w1");

      driven.send(driven.topics.pruningPolicies(), "small", null, new RecordHeaders());
      driven.succeeded(first, "w1");
      StageCommand second = driven.commands().get(0);
      driven.started(second, "w1");
      driven.succeeded(second, "w1");

      assertThat(second.getKind()).isEqualTo(StageKind.EVALUATE);
      assertThat(second.getSpec()).isEqualTo("{\"samples\":7}");
      assertThat(driven.pruned())
          .singleElement()
          .satisfies(
              pruned -> {
                assertThat(pruned.value().getPolicyName()).isEqualTo("small");
                assertThat(pruned.value().getGates()).hasSize(1);
              });
    }
  }
}
