package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.event.CancelRun;
import io.espalier.event.RetryRun;
import io.espalier.event.RunRequest;
import io.espalier.event.StageCommand;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.worker.stage.Stop;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class CancellationsTest {
  private final Topic<RunRequest> topic =
      new Topics("t.", SchemaRegistry.inMemory("cancellations"), 1).runRequests();
  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("earliest");
  private final Running running = new Running();
  private final Cancellations cancellations =
      new Cancellations(consumer, topic, running, Duration.ZERO);
  private final Thread reader = new Thread(cancellations, "run-requests");

  @BeforeEach
  void one_partition() {
    partitions(1, Map.of(0, 0L));
  }

  @AfterEach
  void end() throws InterruptedException {
    cancellations.close();
    reader.join(10_000);
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void nothing_asked_before_the_start_is_missed() {
    partitions(1, Map.of(0, 2L));
    consumer.schedulePollTask(() -> add(0, 0, request("run-1", new CancelRun("wrong model"))));
    consumer.schedulePollTask(
        () -> {
          assertThat(cancellations.caughtUp()).isNotDone();
          add(0, 1, request("run-2", new CancelRun("too dear")));
        });

    reader.start();
    cancellations.caughtUp().join();

    assertThat(stopped("run-1")).contains("cancelled by ada: wrong model");
    assertThat(stopped("run-2")).contains("cancelled by ada: too dear");
    assertThat(stopped("run-3")).isEmpty();
  }

  @Test
  void work_under_way_is_stopped() {
    var stop = new Stop();
    running.register(attempt("run-1"), stop);
    reader.start();
    cancellations.caughtUp().join();

    consumer.schedulePollTask(() -> add(0, 0, request("run-1", new CancelRun("wrong model"))));

    await().until(() -> stop.requested().isPresent());
    assertThat(stop.requested().orElseThrow().reason()).isEqualTo(Stop.Reason.CANCELLED);
  }

  @Test
  void other_requests_records_without_value_and_unreadable_ones_stop_nothing() {
    partitions(1, Map.of(0, 4L));
    consumer.schedulePollTask(
        () -> {
          add(0, 0, request("run-1", new RetryRun("again")));
          add(0, 1, null);
          add(0, 2, "no request".getBytes(UTF_8));
          add(0, 3, request("run-2", new CancelRun("wrong model")));
        });

    reader.start();
    cancellations.caughtUp().join();

    assertThat(stopped("run-1")).isEmpty();
    assertThat(stopped("run-2")).isPresent();
  }

  @Test
  void a_partition_that_is_added_later_is_read_from_its_beginning() {
    reader.start();
    cancellations.caughtUp().join();

    partitions(2, Map.of(0, 0L, 1, 1L));
    await().until(() -> consumer.assignment().contains(new TopicPartition(topic.name(), 1)));
    consumer.schedulePollTask(() -> add(1, 0, request("run-1", new CancelRun("wrong model"))));

    await().until(() -> stopped("run-1").isPresent());
    assertThat(consumer.assignment()).hasSize(2);
  }

  private Optional<String> stopped(String run) {
    var stop = new Stop();
    running.register(attempt(run), stop).close();
    return stop.requested().map(Stop.Request::message);
  }

  private static Attempt attempt(String run) {
    var command = new StageCommand();
    command.setRunId(run);
    return new Attempt(command, 1, Optional.empty());
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

  private byte[] request(String run, Object asked) {
    var request = new RunRequest(run, "ada", Instant.parse("2026-01-01T00:00:00Z"), asked);
    return topic.values().serializer().serialize(topic.name(), request);
  }

  private void add(int partition, long offset, byte @org.jspecify.annotations.Nullable [] value) {
    consumer.addRecord(new ConsumerRecord<>(topic.name(), partition, offset, new byte[0], value));
  }
}
