package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PolicyCostsTest {
  private final PolicyCosts costs = new PolicyCosts(Set.of("edge"));

  @Test
  void what_finished_runs_of_a_policy_took_is_told_as_a_range() {
    finds("a", 12_000, false);
    assertThat(costs.words("edge")).isEqualTo("12s (1 run)");

    finds("b", 40_400, false);

    assertThat(costs.of("edge")).containsExactly(Duration.ofSeconds(12), Duration.ofMillis(40_400));
    assertThat(costs.words("edge")).isEqualTo("12s to 40s (2 runs)");
  }

  @Test
  void reused_results_unfinished_runs_and_other_policies_say_nothing() {
    finds("a", 12_000, true);
    costs.finds("b", finished("b", RunState.FAILED, 12_000, false));
    costs.finds("c", SampleRun.published("c")); // one of its two stages is there
    Run other = finished("d", RunState.PUBLISHED, 12_000, false);
    other.setPolicyName("other");
    costs.finds("d", other);

    assertThat(costs.words("edge")).isEqualTo("not known yet");
    assertThat(costs.words("other")).isEqualTo("not known yet");
  }

  @Test
  void twenty_runs_are_enough() {
    for (int i = 0; i < 20; i++) {
      assertThat(costs.hasEnough(Instant.EPOCH)).isFalse();
      finds("run-" + i, 1_000, false);
    }

    assertThat(costs.hasEnough(Instant.EPOCH)).isTrue();
  }

  private void finds(String id, long millis, boolean cached) {
    costs.finds(id, finished(id, RunState.PUBLISHED, millis, cached));
  }

  private static Run finished(String id, RunState state, long millis, boolean cached) {
    Run run = SampleRun.published(id);
    run.setState(state);
    run.setStageCount(1);
    run.getStages().get(0).getReport().getCost().setWallMillis(millis);
    run.getStages().get(0).getReport().getCost().setCached(cached);
    return run;
  }
}
