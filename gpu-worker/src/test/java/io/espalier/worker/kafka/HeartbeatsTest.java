package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.espalier.event.Device;
import io.espalier.event.RunningStage;
import io.espalier.event.StageCommand;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.HeldCommands;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.record.WorkerIdentity;
import io.espalier.worker.stage.Stop;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

final class HeartbeatsTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.123456Z");
  private static final Instant NOW_IN_MILLIS = Instant.parse("2026-01-01T00:00:00.123Z");

  private final Topic<WorkerHeartbeat> topic =
      new Topics("t.", SchemaRegistry.inMemory("heartbeats"), 1).workerHeartbeats();
  private final MockProducer<byte[], byte[]> producer = producer(true);
  private final HeldCommands running = new HeldCommands(() -> {});
  private final Fitness fitness = new Fitness(() -> {});
  private final Slots slots = new Slots(4, () -> fitness.outOfService().isEmpty(), () -> {});

  @Test
  void a_beat_says_who_the_worker_is_what_it_has_and_what_it_does() {
    var command = new StageCommand();
    command.setRunId("run-1");
    command.setStageIndex(2);
    command.setAttempt(3);
    var stop = new Stop();
    running.register(new ClaimedCommand(command, 1, Optional.empty()), stop);
    running.begin(stop);

    heartbeats(producer).beat();

    assertThat(beats())
        .containsExactly(
            new WorkerHeartbeat(
                "worker-1",
                "gpu",
                NOW_IN_MILLIS,
                4,
                List.of(new Device("a processor", "cpu", 1024L, null)),
                List.of(new RunningStage("run-1", 2, 3, true, 1)),
                0,
                null));
  }

  @Test
  void what_has_ended_is_not_mentioned_any_more() {
    var command = new StageCommand();
    command.setRunId("run-1");
    running.register(new ClaimedCommand(command, 1, Optional.empty()), new Stop()).close();

    heartbeats(producer).beat();

    assertThat(beats().get(0).getRunning()).isEmpty();
  }

  @Test
  void what_is_only_prepared_is_told_apart_from_what_is_worked_on() {
    var command = new StageCommand();
    command.setRunId("run-1");
    running.register(new ClaimedCommand(command, 1, Optional.empty()), new Stop());

    heartbeats(producer).beat();

    assertThat(beats().get(0).getRunning())
        .extracting(RunningStage::getWorking)
        .containsOnly(false);
  }

  @Test
  void a_worker_out_of_service_offers_no_slots_and_says_why() {
    fitness.fails("store", "the store is not mounted");

    heartbeats(producer).beat();

    assertThat(beats().get(0).getSlots()).isZero();
    assertThat(beats().get(0).getOutOfService()).isEqualTo("the store is not mounted");
  }

  @Test
  void a_stage_that_is_about_to_end_makes_room_for_one_command_more() {
    Slots.Place place = slots.reserve(Duration.ZERO).orElseThrow();
    place.begin(false, Duration.ZERO, new Stop());
    heartbeats(producer).beat();
    place.ending(true);

    heartbeats(producer).beat();

    assertThat(beats()).extracting(WorkerHeartbeat::getSpare).containsExactly(0, 1);
  }

  @Test
  void the_last_beat_offers_no_slots() {
    heartbeats(producer).last();

    assertThat(beats().get(0).getSlots()).isZero();
  }

  @Test
  void beats_are_keyed_by_pool_and_two_of_the_same_instant_differ_in_id() {
    var heartbeats = heartbeats(producer);

    heartbeats.beat();
    heartbeats.beat();

    List<ProducerRecord<byte[], byte[]>> sent = producer.history();
    assertThat(sent).extracting(record -> new String(record.key(), UTF_8)).containsOnly("gpu");
    assertThat(header(sent.get(0), "ce_type")).isEqualTo(CloudEvent.WORKER_ALIVE);
    assertThat(header(sent.get(0), "ce_id")).isNotEqualTo(header(sent.get(1), "ce_id"));
  }

  @Test
  void a_beat_that_does_not_arrive_is_none_of_the_callers_business() {
    MockProducer<byte[], byte[]> stuck = producer(false);

    heartbeats(stuck).beat();

    assertThatCode(() -> stuck.errorNext(new TimeoutException("no broker")))
        .doesNotThrowAnyException();
  }

  private Heartbeats heartbeats(MockProducer<byte[], byte[]> to) {
    var identity =
        new WorkerIdentity(
            "worker-1",
            "gpu",
            4,
            List.of(new WorkerIdentity.Device("a processor", "cpu", 1024)),
            "test, 1 thread");
    var condition = new Heartbeats.Condition(running, slots, fitness);
    return new Heartbeats(
        topic, new Outbox(() -> to), Clock.fixed(NOW, ZoneOffset.UTC), identity, condition);
  }

  private List<WorkerHeartbeat> beats() {
    return producer.history().stream()
        .map(sent -> topic.values().deserializer().deserialize(sent.topic(), sent.value()))
        .toList();
  }

  private static MockProducer<byte[], byte[]> producer(boolean completes) {
    return new MockProducer<>(
        completes, null, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }
}
