package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PoolTopicsTest {
  private static final String TOPIC = "test.stage-commands.gpu";

  private final Set<String> existing = new HashSet<>();
  private boolean reachable = true;
  private int asked;
  private final PoolTopics pools =
      new PoolTopics(new Topics("test.", SchemaRegistry.inMemory("pool-topics"), 1), this::answer);

  @Test
  void a_pool_has_a_topic_if_the_brokers_have_it() {
    existing.add(TOPIC);
    pools.look();

    assertThat(pools.test("gpu")).isTrue();
    assertThat(pools.test("cpu")).isFalse();
  }

  @Test
  void no_question_of_a_step_waits_for_the_brokers() {
    for (int i = 0; i < 100; i++) {
      pools.test("gpu");
    }

    assertThat(asked).isZero();
  }

  @Test
  void while_the_brokers_do_not_answer_the_last_answer_holds() {
    existing.add(TOPIC);
    pools.look();
    reachable = false;

    assertThatThrownBy(pools::look).isInstanceOf(CoordinatorException.class);

    assertThat(pools.test("gpu")).isTrue();
  }

  private Set<String> answer() {
    asked++;
    if (!reachable) {
      throw new CoordinatorException("the brokers are away");
    }
    return existing;
  }
}
