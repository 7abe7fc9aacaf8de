package io.espalier.worker.kafka.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.event.CancelRun;
import io.espalier.event.ClosedAttempts;
import io.espalier.event.RunRequest;
import io.espalier.event.StageCommand;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.AilingRegistry;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.HeldCommands;
import io.espalier.worker.kafka.record.TopicFollower.Start;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.NetworkException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TopicFollowerTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private final Topics topics = new Topics("t.", SchemaRegistry.inMemory("closed-attempts"), 1);
  private final Topic<ClosedAttempts> topic = topics.closedAttempts();
  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
  private final HeldCommands running = new HeldCommands(() -> {});
  private TopicFollower<ClosedAttempts> reader = follower(topic, Start.BEGINNING);
  private Thread thread = new Thread(reader, "closed-attempts");

  @BeforeEach
  void one_partition() {
    partitions(1, Map.of(0, 0L));
  }

  @AfterEach
  void end() throws InterruptedException {
    reader.close();
    thread.join(10_000);
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void nothing_closed_before_the_start_is_missed() {
    partitions(1, Map.of(0, 2L));
    consumer.schedulePollTask(() -> add(0, 0, closed("run-1", 3)));
    consumer.schedulePollTask(
        () -> {
          assertThat(reader.caughtUp()).isNotDone();
          add(0, 1, closed("run-2", 1));
        });

    thread.start();
    reader.caughtUp().join();

    assertThat(refused("run-1", 3)).contains("cancelled by ada: wrong model");
    assertThat(refused("run-2", 1)).contains("cancelled by ada: wrong model");
    assertThat(refused("run-2", 2)).isEmpty();
    assertThat(refused("run-3", 1)).isEmpty();
  }

  @Test
  void work_under_way_is_stopped_with_the_reason_and_later_commands_of_the_run_are_not() {
    var closed = new Stop();
    var later = new Stop();
    running.register(attempt("run-1", 2), closed);
    running.register(attempt("run-1", 3), later);
    thread.start();
    reader.caughtUp().join();

    consumer.schedulePollTask(() -> add(0, 0, closed("run-1", 2)));

    await().until(() -> closed.requested().isPresent());
    assertThat(closed.requested().orElseThrow())
        .isEqualTo(new Stop.Request(Stop.Reason.CANCELLED, "cancelled by ada: wrong model"));
    assertThat(later.requested()).isEmpty();
  }

  @Test
  void foreign_records_those_without_value_and_unreadable_ones_stop_nothing() {
    partitions(1, Map.of(0, 6L));
    consumer.schedulePollTask(
        () -> {
          add(0, 0, request());
          add(0, 1, null);
          add(0, 2, "no closed attempt".getBytes(UTF_8));
          add(0, 3, new byte[] {0});
          add(0, 4, new byte[] {0, 0, 0, 0, 99, 1, 2});
          add(0, 5, closed("run-2", 1));
        });

    thread.start();
    reader.caughtUp().join();

    assertThat(refused("run-2", 1)).isPresent();
  }

  @Test
  void a_registry_that_is_away_is_waited_for_and_the_record_is_not_skipped() {
    var failures = new AtomicInteger(2);
    Topic<ClosedAttempts> ailing = AilingRegistry.read(topic, failures);
    reader = follower(ailing, Start.BEGINNING);
    thread = new Thread(reader, "closed-attempts");
    partitions(1, Map.of(0, 1L));
    consumer.schedulePollTask(() -> add(0, 0, closed("run-1", 1)));

    thread.start();
    reader.caughtUp().join();

    assertThat(failures).hasNonPositiveValue();
    assertThat(refused("run-1", 1)).isPresent();
  }

  @Test
  void a_broker_that_is_away_for_a_while_does_not_end_the_reading() {
    thread.start();
    reader.caughtUp().join();

    consumer.setPollException(new NetworkException("gone"));
    consumer.schedulePollTask(() -> add(0, 0, closed("run-1", 1)));

    await().until(() -> refused("run-1", 1).isPresent());
    assertThat(thread.isAlive()).isTrue();
  }

  @Test
  void a_partition_that_is_added_later_is_read_from_its_beginning() {
    thread.start();
    reader.caughtUp().join();

    partitions(2, Map.of(0, 0L, 1, 1L));
    await().until(() -> consumer.assignment().contains(new TopicPartition(topic.name(), 1)));
    consumer.schedulePollTask(() -> add(1, 0, closed("run-1", 1)));

    await().until(() -> refused("run-1", 1).isPresent());
    assertThat(consumer.assignment()).hasSize(2);
  }

  @Test
  void where_only_the_newest_counts_the_reading_begins_shortly_before_the_end() {
    reader = follower(topic, Start.RECENT);
    thread = new Thread(reader, "recent");
    partitions(1, Map.of(0, 1_000L));
    consumer.schedulePollTask(
        () -> LongStream.range(790, 1_000).forEach(i -> add(0, i, closed("run-" + i, 1))));

    thread.start();
    reader.caughtUp().join();

    assertThat(refused("run-799", 1)).isEmpty();
    assertThat(refused("run-800", 1)).isPresent();
    assertThat(refused("run-999", 1)).isPresent();
  }

  private TopicFollower<ClosedAttempts> follower(Topic<ClosedAttempts> read, Start start) {
    var subject = new TopicFollower.Subject<>(read, start, running::close);
    return new TopicFollower<>(consumer, subject, Duration.ZERO);
  }

  private Optional<String> refused(String run, long sequence) {
    var stop = new Stop();
    running.register(attempt(run, sequence), stop).close();
    return stop.requested().map(Stop.Request::message);
  }

  private static ClaimedCommand attempt(String run, long sequence) {
    var command = new StageCommand();
    command.setRunId(run);
    command.setSequence(sequence);
    command.setIssuedAt(NOW);
    return new ClaimedCommand(command, 1, Optional.empty());
  }

  private void partitions(int count, Map<Integer, Long> ends) {
    for (Map.Entry<Integer, Long> end : ends.entrySet()) {
      var partition = new TopicPartition(topic.name(), end.getKey());
      consumer.updateBeginningOffsets(Map.of(partition, 0L));
      consumer.updateEndOffsets(Map.of(partition, end.getValue()));
    }
    List<PartitionInfo> infos =
        IntStream.range(0, count)
            .mapToObj(
                i -> new PartitionInfo(topic.name(), i, Node.noNode(), new Node[0], new Node[0]))
            .toList();
    consumer.updatePartitions(topic.name(), infos);
  }

  private byte[] closed(String run, long sequence) {
    var record = new ClosedAttempts(run, sequence, "cancelled by ada: wrong model", NOW, null);
    return topic.values().serializer().serialize(topic.name(), record);
  }

  private byte[] request() {
    var request = new RunRequest("run-1", "ada", NOW, new CancelRun("wrong model"));
    Topic<RunRequest> requests = topics.runRequests();
    return requests.values().serializer().serialize(requests.name(), request);
  }

  private void add(int partition, long offset, byte @org.jspecify.annotations.Nullable [] value) {
    consumer.addRecord(new ConsumerRecord<>(topic.name(), partition, offset, new byte[0], value));
  }
}
