package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TopicCheckTest {
  private static final List<String> KEYED = List.of("stage-events", "run-requests");
  private static final List<String> OTHERS = List.of("runs", "dead-letters");

  @Test
  void topics_that_are_there_and_agree_are_no_problem() {
    Map<String, Integer> found =
        Map.of("stage-events", 6, "run-requests", 6, "runs", 3, "dead-letters", 1);

    assertThat(TopicCheck.problems(KEYED, OTHERS, 6, found)).isEmpty();
  }

  @Test
  void every_missing_topic_and_every_odd_partition_count_is_named_at_once() {
    Map<String, Integer> found = Map.of("stage-events", 6, "run-requests", 12, "runs", 6);

    assertThat(TopicCheck.problems(KEYED, OTHERS, 6, found))
        .containsExactlyInAnyOrder(
            "topic dead-letters: wanted, found none",
            "topic run-requests: wanted 6 partitions as the topics it meets have, found 12");
  }

  @Test
  void on_an_empty_broker_every_topic_is_missing() {
    assertThat(TopicCheck.problems(KEYED, OTHERS, 6, Map.of()))
        .containsExactlyInAnyOrder(
            "topic stage-events: wanted, found none",
            "topic run-requests: wanted, found none",
            "topic runs: wanted, found none",
            "topic dead-letters: wanted, found none");
  }

  @Test
  void
      partitions_that_were_raised_meanwhile_are_named_and_a_topic_that_is_not_found_says_nothing() {
    assertThat(TopicCheck.repartitioned(6, Map.of("stage-events", 6))).isEmpty();
    assertThat(TopicCheck.repartitioned(6, Map.of("stage-events", 12, "run-requests", 6)))
        .hasValueSatisfying(
            problem -> assertThat(problem).contains("began with 6", "stage-events has 12"));
  }
}
