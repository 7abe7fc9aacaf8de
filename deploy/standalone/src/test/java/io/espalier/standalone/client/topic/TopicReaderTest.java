package io.espalier.standalone.client.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.CancelRun;
import io.espalier.event.RunRequest;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.KeptConsumer;
import io.espalier.standalone.client.SampleRun;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.internals.AutoOffsetResetStrategy;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TopicReaderTest {
  private final Topics topics = new Topics("", SchemaRegistry.inMemory("topic-reader"), 1);
  private final Topic<RunRequest> topic = topics.runRequests();
  private final TopicPartition first = new TopicPartition(topic.name(), 0);
  private final TopicPartition second = new TopicPartition(topic.name(), 1);
  private final MockConsumer<String, byte[]> consumer =
      new MockConsumer<>(AutoOffsetResetStrategy.EARLIEST.name());

  @BeforeEach
  void a_topic_of_two_partitions() {
    Node node = new Node(1, "localhost", 1);
    Node[] nodes = {node};
    consumer.updatePartitions(
        topic.name(),
        List.of(
            new PartitionInfo(topic.name(), 0, node, nodes, nodes),
            new PartitionInfo(topic.name(), 1, node, nodes, nodes)));
    consumer.updateBeginningOffsets(Map.of(first, 0L, second, 0L));
    consumer.updateEndOffsets(Map.of(first, 5L, second, 0L));
  }

  @Test
  void what_is_no_event_of_the_topic_is_left_out_and_the_next_one_is_read() {
    try (var reader = new TopicReader<>(topic, consumer, Portion.all())) {
      add(first, 0, "garbage", "this is no Avro".getBytes(UTF_8));
      add(first, 1, "short", new byte[] {0, 0});
      add(first, 2, "foreign", foreign());
      add(first, 3, "withdrawn", null);
      add(first, 4, "sound", sound("sound"));

      List<String> keys = keys(reader.poll());

      assertThat(keys).containsExactly("withdrawn", "sound");
      assertThat(reader.caughtUp()).isTrue();
    }
  }

  @Test
  void a_record_that_the_registry_does_not_explain_stays_the_next() {
    var registry = new Registry(topic.values().deserializer());
    Topic<RunRequest> explained = explainedBy(registry);
    try (var reader = new TopicReader<>(explained, consumer, Portion.all())) {
      add(first, 0, "one", sound("one"));
      add(first, 1, "held", sound("held"));
      add(first, 2, "behind", sound("behind"));
      add(second, 0, "other", sound("other"));

      assertThat(keys(reader.poll())).containsExactlyInAnyOrder("one", "other");

      assertThat(consumer.position(first)).isEqualTo(1);
      add(first, 1, "held", sound("held")); // the consumer of tests forgets what it has given out
      assertThatThrownBy(reader::poll).isInstanceOf(RegistryUnavailableException.class);
      assertThat(consumer.position(first)).isEqualTo(1);
      registry.away = false;
      add(first, 1, "held", sound("held"));
      assertThat(keys(reader.poll())).containsExactly("held");
    }
  }

  @Test
  void of_a_key_only_its_partition_is_read_and_no_other_value_is_looked_at() {
    // Kafka's murmur2 of "run-1" is odd, so it lies in the second of two partitions
    var kept = new KeptConsumer<String>(topic.name(), 2);
    kept.add(0, 0, "run-1", sound("run-1"));
    kept.add(1, 0, "other", "this is no Avro".getBytes(UTF_8));
    kept.add(1, 0, "run-1", sound("run-1"));

    try (var reader = new TopicReader<>(topic, kept, Portion.key("run-1"))) {
      assertThat(keys(reader.poll())).containsExactly("run-1");
      assertThat(reader.caughtUp()).isTrue();
    }
    assertThat(kept.given()).isEqualTo(2);
  }

  @Test
  void a_topic_that_cannot_be_read_leaves_no_consumer_open() {
    var missing = new RegistryUnavailableException("no metadata", new IOException("away"));
    consumer.setOffsetsException(new org.apache.kafka.common.KafkaException(missing));

    assertThatThrownBy(() -> new TopicReader<>(topic, consumer, Portion.all())).hasCause(missing);

    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void a_topic_is_read_from_a_time_on_and_partitions_without_a_later_record_from_their_end() {
    Instant noon = SampleRun.NOON;
    var timed = new TimedConsumer(Map.of(first, new OffsetAndTimestamp(3, noon.toEpochMilli())));
    timed.updatePartitions(topic.name(), consumer.partitionsFor(topic.name()));
    timed.updateEndOffsets(Map.of(first, 5L, second, 7L));
    try (var reader = new TopicReader<>(topic, timed, Portion.all().since(noon))) {
      assertThat(timed.asked)
          .isEqualTo(Map.of(first, noon.toEpochMilli(), second, noon.toEpochMilli()));
      assertThat(timed.position(first)).isEqualTo(3);
      assertThat(timed.position(second)).isEqualTo(7);
      assertThat(reader.caughtUp()).isFalse();
      timed.seek(first, 5);
      assertThat(reader.caughtUp()).isTrue();
    }
  }

  private void add(TopicPartition partition, long offset, String key, byte @Nullable [] value) {
    consumer.addRecord(
        new ConsumerRecord<>(partition.topic(), partition.partition(), offset, key, value));
  }

  private byte[] sound(String run) {
    return topic
        .values()
        .serializer()
        .serialize(topic.name(), new RunRequest(run, "me", Instant.EPOCH, new CancelRun("no")));
  }

  /** A sound record of another topic. */
  private byte[] foreign() {
    var policies = topics.pruningPolicies();
    return policies
        .values()
        .serializer()
        .serialize(
            policies.name(),
            io.espalier.event.PruningPolicy.newBuilder()
                .setName("policy")
                .setGeneration(1)
                .setMatch(io.espalier.event.PolicyMatch.newBuilder().build())
                .setStages(List.of())
                .build());
  }

  private Topic<RunRequest> explainedBy(Registry registry) {
    return new Topic<>(
        topic.name(),
        Serdes.serdeFrom(topic.values().serializer(), registry),
        topic.schema(),
        topic.partitions(),
        topic.settings());
  }

  private static List<String> keys(List<TopicReader.Entry<RunRequest>> entries) {
    return entries.stream().map(TopicReader.Entry::key).toList();
  }

  /** A consumer that knows from which offset on records are later than it is asked for. */
  private static final class TimedConsumer extends MockConsumer<String, byte[]> {
    private final Map<TopicPartition, OffsetAndTimestamp> later;
    private Map<TopicPartition, Long> asked = Map.of();

    private TimedConsumer(Map<TopicPartition, OffsetAndTimestamp> later) {
      super(AutoOffsetResetStrategy.EARLIEST.name());
      this.later = later;
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
        Map<TopicPartition, Long> times) {
      asked = Map.copyOf(times);
      Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
      times.keySet().forEach(partition -> found.put(partition, later.get(partition)));
      return found;
    }
  }

  /** A registry that is away when the record of the run "held" is read. */
  private static final class Registry implements Deserializer<RunRequest> {
    private final Deserializer<RunRequest> sound;
    private boolean away = true;

    private Registry(Deserializer<RunRequest> sound) {
      this.sound = sound;
    }

    @Override
    public RunRequest deserialize(String topic, byte[] bytes) {
      RunRequest read = sound.deserialize(topic, bytes);
      if (away && read.getRunId().equals("held")) {
        throw new RegistryUnavailableException("no answer", new IOException("away"));
      }
      return read;
    }
  }
}
