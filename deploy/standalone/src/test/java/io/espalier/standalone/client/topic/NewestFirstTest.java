package io.espalier.standalone.client.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.standalone.client.KeptConsumer;
import io.espalier.standalone.client.SampleRun;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class NewestFirstTest {
  private static final long NOON = SampleRun.NOON.toEpochMilli();
  private static final long MINUTE = 60_000;

  private final KeptConsumer<String> consumer = new KeptConsumer<>("runs", 2);

  @Test
  void every_record_is_read_once_and_those_of_a_partition_newest_first() {
    for (int i = 0; i < 2_000; i++) {
      consumer.add(0, NOON + i, "left-" + i, new byte[] {1});
    }
    consumer.skip(0, 700);
    consumer.add(0, NOON + 5_000, "left-2000", null);
    consumer.add(1, NOON, "right-0", new byte[] {1});

    List<String> keys = new ArrayList<>();
    try (var reader = new NewestFirst<>("runs", consumer, Portion.all())) {
      while (reader.hasOlder()) {
        reader.older().stream().map(ConsumerRecord::key).forEach(keys::add);
      }
    }

    assertThat(keys).hasSize(2_002).doesNotHaveDuplicates().contains("right-0");
    List<String> left = keys.stream().filter(key -> key.startsWith("left")).toList();
    assertThat(left).startsWith("left-2000", "left-1999", "left-1998").endsWith("left-1", "left-0");
  }

  @Test
  void what_is_recent_is_read_without_what_is_old() {
    for (int i = 0; i < 100_000; i++) {
      consumer.add(i % 2, NOON + i * MINUTE, "run-" + i, new byte[] {1});
    }

    try (var reader = new NewestFirst<>("runs", consumer, Portion.all())) {
      List<ConsumerRecord<String, byte[]>> newest = reader.older();

      assertThat(newest).hasSize(500).extracting(ConsumerRecord::key).contains("run-99999");
      assertThat(consumer.given()).isLessThan(700);
      assertThat(reader.hasOlder()).isTrue();
    }
  }

  @Test
  void what_has_not_been_read_is_older_than_what_is_said_to_be_reached() {
    for (int i = 0; i < 1_000; i++) {
      consumer.add(0, NOON + i * MINUTE, "left-" + i, new byte[] {1});
    }
    consumer.add(1, NOON, "right-0", new byte[] {1});

    try (var reader = new NewestFirst<>("runs", consumer, Portion.all())) {
      assertThat(reader.reached()).isEqualTo(Instant.MAX);
      reader.older();

      // 250 of 1,000 have been read, the oldest is number 750; clocks may differ by five minutes
      assertThat(reader.reached()).isEqualTo(Instant.ofEpochMilli(NOON + 755 * MINUTE));
      while (reader.hasOlder()) {
        reader.older();
      }
      assertThat(reader.reached()).isEqualTo(Instant.MIN);
    }
  }

  @Test
  void of_a_time_nothing_earlier_is_read() {
    for (int i = 0; i < 1_000; i++) {
      consumer.add(0, NOON + i * MINUTE, "run-" + i, new byte[] {1});
    }
    Portion since = Portion.all().since(Instant.ofEpochMilli(NOON + 990 * MINUTE));

    try (var reader = new NewestFirst<>("runs", consumer, since)) {
      assertThat(reader.older()).hasSize(10);
      assertThat(reader.hasOlder()).isFalse();
    }
    assertThat(consumer.given()).isEqualTo(10);
  }

  @Test
  void of_a_key_only_its_partition_is_read() {
    // Kafka's murmur2 of "run-1", worked out apart from its own code, is odd
    consumer.add(0, NOON, "elsewhere", new byte[] {1});
    consumer.add(1, NOON, "run-1", new byte[] {1});

    try (var reader = new NewestFirst<>("runs", consumer, Portion.key("run-1"))) {
      assertThat(reader.older()).extracting(ConsumerRecord::key).containsExactly("run-1");
      assertThat(reader.hasOlder()).isFalse();
    }
  }

  @Test
  void large_records_are_read_in_smaller_windows() {
    for (int i = 0; i < 1_000; i++) {
      consumer.add(0, NOON + i, "run-" + i, new byte[100_000]);
    }

    try (var reader = new NewestFirst<>("runs", consumer, Portion.all())) {
      assertThat(reader.older()).hasSize(250);
      assertThat(reader.older()).hasSize(125);
    }
  }
}
