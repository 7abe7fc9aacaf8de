package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.event.StageEvent;
import io.espalier.event.StageProgressed;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.record.WorkerClients;
import io.espalier.worker.kafka.record.WorkerIdentity;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.SlotEquipment;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.WorkerHome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SupervisorTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  private final Topics topics = new Topics("t.", SchemaRegistry.inMemory("supervisor"), 1);
  private final FakeShareConsumer queue = new FakeShareConsumer();
  private MockConsumer<byte[], byte[]> closedAttempts;
  private MockConsumer<byte[], byte[]> otherHeartbeats;
  private MockProducer<byte[], byte[]> producer;
  private Broker broker;
  private final AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
  private final Map<String, Supplier<Optional<String>>> checks = Map.of("store", problem::get);
  private WorkerHome home;
  private Supervisor supervisor;

  @BeforeEach
  void a_worker() {
    closedAttempts = reader(topics.closedAttempts().name());
    otherHeartbeats = reader(topics.workerHeartbeats().name());
    broker = new Broker();
    producer = new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    home = WorkerHome.open(folder, "gpu");
    var identity = new WorkerIdentity("worker-1", "gpu", 1, List.of(), "test, 1 thread");
    var settings =
        new SupervisorSettings(
            Map.of(),
            topics,
            identity,
            Lease.STANDARD,
            StallLimits.STANDARD,
            InputRules.STANDARD,
            home,
            checks);
    var child =
        new ChildJvm(ChildSettings.of(64, 1).withMainClass(TestStageProcess.class.getName()));
    var slot = new SlotEquipment(child, TestStageProcess.stages(), "test, 1 thread");
    supervisor = Supervisor.start(settings, broker, List.of(slot));
    supervisor.awaitRunning(PATIENCE);
  }

  private static MockConsumer<byte[], byte[]> reader(String topic) {
    var reader = new MockConsumer<byte[], byte[]>("earliest");
    var partition = new TopicPartition(topic, 0);
    reader.updateBeginningOffsets(Map.of(partition, 0L));
    reader.updateEndOffsets(Map.of(partition, 0L));
    reader.updatePartitions(
        topic, List.of(new PartitionInfo(topic, 0, Node.noNode(), new Node[0], new Node[0])));
    return reader;
  }

  @AfterEach
  void end() {
    supervisor.close();
    home.close();
  }

  @Test
  void a_claimed_record_is_answered() throws InterruptedException {
    queue.add(new ConsumerRecord<>("t.stage-commands.gpu", 0, 5, bytes("key"), bytes("?")));

    assertThat(queue.nextAcknowledgement()).isEqualTo("5 REJECT");
    assertThat(sent("t.dead-letters")).hasSize(1);
  }

  @Test
  void it_says_that_it_is_there_and_when_it_leaves() {
    await().until(() -> !sent("t.worker-heartbeats").isEmpty());
    assertThat(slots(0)).isEqualTo(1);

    supervisor.close();

    assertThat(slots(sent("t.worker-heartbeats").size() - 1)).isZero();
  }

  @Test
  void closing_leaves_nothing_open_and_twice_is_once() {
    supervisor.close();
    supervisor.close();

    assertThat(queue.isClosed()).isTrue();
    assertThat(producer.closed()).isTrue();
    await().until(closedAttempts::closed);
    await().until(otherHeartbeats::closed);
    supervisor.awaitStopped();
  }

  @Test
  void a_failure_of_one_of_its_threads_ends_it_with_the_cause() {
    closedAttempts.setPollException(new UnsupportedVersionException("the broker is too old"));

    assertThatThrownBy(supervisor::awaitStopped)
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("the broker is too old");
    await().until(() -> queue.isClosed() && producer.closed());
  }

  @Test
  void a_probe_report_of_a_run_that_nobody_has_is_sent_before_anything_is_claimed() {
    var values = topics.stageEvents().values().deserializer();
    StageEvent probe = values.deserialize("", sent("t.stage-events").get(0).value());

    assertThat(probe.getRunId()).isEqualTo("probe-of-worker-1");
    assertThat(probe.getDetail()).isInstanceOf(StageProgressed.class);
  }

  @Test
  void a_worker_whose_check_fails_at_the_start_claims_nothing_and_says_why() {
    supervisor.close();
    home.close();
    problem.set(Optional.of("the store is not mounted"));
    int opened = queue.opened();

    a_worker();

    await().until(() -> !sent("t.worker-heartbeats").isEmpty());
    assertThat(slots(0)).isZero();
    assertThat(queue.opened()).isEqualTo(opened);
  }

  @Test
  void every_slot_claims_through_the_group_of_its_pool() {
    assertThat(broker.group).isEqualTo("t.workers.gpu");
  }

  private List<ProducerRecord<byte[], byte[]>> sent(String topic) {
    return producer.history().stream().filter(record -> record.topic().equals(topic)).toList();
  }

  private int slots(int beat) {
    ProducerRecord<byte[], byte[]> record = sent("t.worker-heartbeats").get(beat);
    WorkerHeartbeat heartbeat =
        topics.workerHeartbeats().values().deserializer().deserialize("", record.value());
    return heartbeat.getSlots();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private final class Broker implements WorkerClients {
    private final Queue<Consumer<byte[], byte[]>> readers =
        new ArrayDeque<>(List.of(closedAttempts, otherHeartbeats));
    private volatile String group = "";

    @Override
    public ShareConsumer<byte[], byte[]> shareConsumer(String ofGroup) {
      group = ofGroup;
      return queue;
    }

    @Override
    public Consumer<byte[], byte[]> reader() {
      return readers.remove();
    }

    @Override
    public Producer<byte[], byte[]> producer() {
      return producer;
    }
  }
}
