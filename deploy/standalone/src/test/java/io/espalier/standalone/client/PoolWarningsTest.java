package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import java.util.List;
import org.junit.jupiter.api.Test;

class PoolWarningsTest {
  @Test
  void a_policy_whose_pool_has_no_topic_is_warned_of_with_the_pools_that_are_there() {
    List<PruningPolicy> policies = List.of(policy("edge", "gpu"), policy("large", "h200"));

    assertThat(PoolWarnings.of(policies, List.of("default", "gpu")))
        .containsExactly(
            "the pool 'h200' of policy 'large' has no topic of commands, so models would wait for"
                + " ever; there are the pools default, gpu. `espalier setup --pool h200` makes this"
                + " one");
  }

  @Test
  void where_there_is_no_pool_at_all_the_warning_says_so() {
    assertThat(PoolWarnings.of(List.of(policy("edge", "gpu")), List.of()))
        .singleElement()
        .asString()
        .contains("; there are no pools. `espalier setup --pool gpu`");
  }

  @Test
  void pools_that_are_there_need_no_warning() {
    assertThat(PoolWarnings.of(List.of(policy("edge", "gpu")), List.of("gpu"))).isEmpty();
  }

  private static PruningPolicy policy(String name, String pool) {
    return PruningPolicy.newBuilder()
        .setName(name)
        .setGeneration(1)
        .setMatch(PolicyMatch.newBuilder().build())
        .setStages(List.of())
        .setPool(pool)
        .build();
  }
}
