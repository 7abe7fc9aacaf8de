package io.espalier.streams.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class InputProgressTest {
  private static final TopicPartition REPORTS = new TopicPartition("reports", 0);
  private static final TopicPartition REQUESTS = new TopicPartition("requests", 0);
  private static final TopicPartition OTHER = new TopicPartition("reports", 1);

  private final Map<TopicPartition, Long> ends = new HashMap<>(Map.of(REPORTS, 0L));
  private final Map<TopicPartition, Long> processed = new HashMap<>();
  private boolean reachable = true;
  private boolean groupKnown = true;
  private Instant now = Instant.ofEpochSecond(1_000);
  private final InputProgress progress =
      new InputProgress(
          new InputProgress.Offsets() {
            @Override
            public Map<TopicPartition, Long> ends() {
              if (!reachable) {
                throw new CoordinatorException("the brokers are away");
              }
              return Map.copyOf(ends);
            }

            @Override
            public Map<TopicPartition, Long> processed() {
              if (!groupKnown) {
                throw new CoordinatorException("the group is not known");
              }
              return Map.copyOf(processed);
            }
          },
          () -> now);

  @Test
  void nothing_is_known_before_the_first_look() {
    assertThat(progress.heardUntil(0)).isEqualTo(Instant.EPOCH);
  }

  @Test
  void what_ended_at_a_look_has_been_heard_once_as_much_has_been_processed() {
    ends.put(REPORTS, 10L);
    processed.put(REPORTS, 4L);
    look(1_000);
    ends.put(REPORTS, 20L);
    processed.put(REPORTS, 12L);
    look(1_002);

    assertThat(progress.heardUntil(0)).isEqualTo(Instant.ofEpochSecond(1_000));
    processed.put(REPORTS, 20L);
    look(1_004);

    assertThat(progress.heardUntil(0)).isEqualTo(Instant.ofEpochSecond(1_004));
  }

  @Test
  void every_topic_of_a_partition_must_have_been_read_and_no_other_partition() {
    ends.putAll(Map.of(REPORTS, 1L, REQUESTS, 1L, OTHER, 5L));
    processed.putAll(Map.of(REPORTS, 1L, OTHER, 5L));
    look(1_000);

    assertThat(progress.heardUntil(0)).isEqualTo(Instant.EPOCH);
    assertThat(progress.heardUntil(1)).isEqualTo(Instant.ofEpochSecond(1_000));
  }

  @Test
  void while_the_brokers_are_away_nothing_more_has_been_heard() {
    look(1_000);
    reachable = false;
    now = Instant.ofEpochSecond(9_000);

    assertThatThrownBy(progress::look).isInstanceOf(CoordinatorException.class);

    assertThat(progress.heardUntil(0)).isEqualTo(Instant.ofEpochSecond(1_000));
  }

  @Test
  void a_record_was_written_after_the_last_look_that_ended_before_it() {
    assertThat(progress.writtenSince(REPORTS, 100)).isEqualTo(Instant.EPOCH);
    ends.put(REPORTS, 10L);
    look(1_000);
    ends.put(REPORTS, 20L);
    look(1_002);

    assertThat(progress.writtenSince(REPORTS, 9)).isEqualTo(Instant.EPOCH);
    assertThat(progress.writtenSince(REPORTS, 10)).isEqualTo(Instant.ofEpochSecond(1_000));
    assertThat(progress.writtenSince(REPORTS, 19)).isEqualTo(Instant.ofEpochSecond(1_000));
    assertThat(progress.writtenSince(REPORTS, 20)).isEqualTo(Instant.ofEpochSecond(1_002));
    assertThat(progress.writtenSince(OTHER, 20)).isEqualTo(Instant.EPOCH);
  }

  @Test
  void where_topics_end_is_known_even_if_nobody_says_what_has_been_processed() {
    ends.put(REPORTS, 10L);
    groupKnown = false;

    assertThatThrownBy(() -> look(1_000)).isInstanceOf(CoordinatorException.class);

    assertThat(progress.writtenSince(REPORTS, 10)).isEqualTo(Instant.ofEpochSecond(1_000));
    assertThat(progress.heardUntil(0)).isEqualTo(Instant.EPOCH);
  }

  private void look(long second) {
    now = Instant.ofEpochSecond(second);
    progress.look();
  }
}
