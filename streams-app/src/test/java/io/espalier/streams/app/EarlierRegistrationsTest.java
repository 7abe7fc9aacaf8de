package io.espalier.streams.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ModelRegistered;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.streams.topology.RecentRegistrations.Registered;
import io.espalier.streams.wire.CoordinatorTopics;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A partition with one registration a minute, {@code net-0} at offset 0 and so on. */
final class EarlierRegistrationsTest {
  private static final int PARTITION = 2;

  private final Topics topics =
      new Topics(
          Topics.DEFAULT_PREFIX,
          SchemaRegistry.inMemory("earlier-registrations"),
          Topics.DEFAULT_PARTITIONS);
  private final Topic<ModelRegistered> topic = topics.modelRegistered();
  private final TopicPartition partition = new TopicPartition(topic.name(), PARTITION);
  private final SortedMap<Long, ConsumerRecord<byte[], byte[]>> log = new TreeMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> processed = new HashMap<>();
  private final LoggedConsumer consumer = new LoggedConsumer();
  private final EarlierRegistrations earlier =
      new EarlierRegistrations(new CoordinatorTopics(topics).modelRegistered(), () -> consumer);

  @Test
  void those_since_a_time_that_were_processed_are_read() {
    for (int i = 0; i < 6; i++) {
      add(i, registration(i), "");
    }
    processedBefore(5);

    List<Registered> read = earlier.read(PARTITION, at(2));

    assertThat(read)
        .extracting(each -> each.model().ref().name())
        .containsExactly("net-2", "net-3", "net-4");
    assertThat(read).extracting(Registered::at).containsExactly(at(2), at(3), at(4));
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void one_brings_its_trace_along() {
    add(0, registration(0), "00-trace-01");
    processedBefore(1);

    assertThat(earlier.read(PARTITION, at(0)))
        .extracting(Registered::trace)
        .containsExactly("00-trace-01");
  }

  @Test
  void what_cannot_be_read_is_passed_over() {
    add(0, new byte[] {0, 1, 2, 3, 4, 5}, "");
    add(1, registration(1), "");
    processedBefore(2);

    assertThat(earlier.read(PARTITION, at(0)))
        .extracting(each -> each.model().ref().name())
        .containsExactly("net-1");
  }

  @Test
  void there_are_none_where_nothing_was_processed() {
    add(0, registration(0), "");

    assertThat(earlier.read(PARTITION, at(0))).isEmpty();
  }

  @Test
  void there_are_none_where_all_are_older() {
    add(0, registration(0), "");
    processedBefore(1);

    assertThat(earlier.read(PARTITION, at(1))).isEmpty();
  }

  @Test
  void brokers_that_refuse_an_answer_hold_nobody_up() {
    add(0, registration(0), "");
    processedBefore(1);
    consumer.setPollException(new KafkaException("no brokers"));

    assertThat(earlier.read(PARTITION, at(0))).isEmpty();
  }

  private void processedBefore(long offset) {
    processed.put(partition, new OffsetAndMetadata(offset));
  }

  private void add(long offset, byte[] value, String trace) {
    var headers = new RecordHeaders();
    if (!trace.isEmpty()) {
      headers.add(CloudEvent.TRACEPARENT, trace.getBytes(UTF_8));
    }
    log.put(
        offset,
        new ConsumerRecord<>(
            topic.name(),
            PARTITION,
            offset,
            at(offset).toEpochMilli(),
            TimestampType.CREATE_TIME,
            0,
            value.length,
            new byte[0],
            value,
            headers,
            Optional.empty()));
  }

  private byte[] registration(int number) {
    return topic.values().serializer().serialize(topic.name(), Driven.model("net-" + number));
  }

  private static Instant at(long minutes) {
    return Driven.START.plus(Duration.ofMinutes(minutes));
  }

  /** Kafka's consumer for tests, with the log behind it and offsets by time. */
  private final class LoggedConsumer extends MockConsumer<byte[], byte[]> {
    private LoggedConsumer() {
      super("earliest");
    }

    @Override
    public synchronized void assign(Collection<TopicPartition> partitions) {
      super.assign(partitions);
      updateBeginningOffsets(Map.of(partition, 0L));
      updateEndOffsets(Map.of(partition, (long) log.size()));
      commitSync(processed);
      log.values().forEach(this::addRecord);
    }

    @Override
    public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
        Map<TopicPartition, Long> times, Duration atMost) {
      Map<TopicPartition, OffsetAndTimestamp> found = new HashMap<>();
      times.forEach((asked, time) -> found.put(asked, first(time)));
      return found;
    }

    /** As Kafka's own answer: null if all records are older. */
    private @Nullable OffsetAndTimestamp first(long time) {
      return log.values().stream()
          .filter(each -> each.timestamp() >= time)
          .findFirst()
          .map(each -> new OffsetAndTimestamp(each.offset(), each.timestamp()))
          .orElse(null);
    }
  }
}
