package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PoolTopicsTest {
  private static final String TOPIC = "test.stage-commands.gpu";

  private final Set<String> existing = new HashSet<>();
  private final List<String> asked = new ArrayList<>();
  private boolean reachable = true;
  private Instant now = Instant.EPOCH;
  private final PoolTopics pools =
      new PoolTopics(
          new Topics("test.", SchemaRegistry.inMemory("pool-topics"), 1), this::answer, () -> now);

  @Test
  void a_pool_has_a_topic_if_the_brokers_have_it() {
    existing.add(TOPIC);

    assertThat(pools.test("gpu")).isTrue();
    assertThat(pools.test("cpu")).isFalse();
  }

  @Test
  void the_brokers_are_not_asked_for_every_heartbeat() {
    existing.add(TOPIC);
    for (int second = 0; second < 60; second++) {
      now = Instant.ofEpochSecond(second);
      assertThat(pools.test("gpu")).isTrue();
    }

    assertThat(asked).containsExactly(TOPIC);
  }

  @Test
  void a_topic_that_is_made_later_is_seen_within_seconds_and_a_deleted_one_within_a_minute() {
    assertThat(pools.test("gpu")).isFalse();
    existing.add(TOPIC);
    now = now.plusSeconds(5);
    assertThat(pools.test("gpu")).isTrue();

    existing.clear();
    now = now.plusSeconds(60);

    assertThat(pools.test("gpu")).isFalse();
  }

  @Test
  void while_the_brokers_do_not_answer_the_last_answer_holds() {
    pools.test("cpu");
    reachable = false;
    now = now.plusSeconds(100);

    assertThat(pools.test("cpu")).isFalse();
    assertThat(pools.test("gpu")).isTrue();
  }

  private boolean answer(String topic) {
    asked.add(topic);
    if (!reachable) {
      throw new CoordinatorException("the brokers are away");
    }
    return existing.contains(topic);
  }
}
