package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ArtifactReference;
import io.espalier.event.FailureKind;
import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageKind;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.worker.checkpoint.FileListing;
import io.espalier.worker.checkpoint.InputRoots;
import io.espalier.worker.checkpoint.StoreMarker;
import io.espalier.worker.stage.ChildJvm;
import io.espalier.worker.stage.ChildSettings;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.WorkerHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StageWorkTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  @TempDir Path folder;

  private final Topics topics = new Topics("t.", SchemaRegistry.inMemory("stage-work"), 1);
  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer());
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final Running running = new Running();
  private final Stop stop = new Stop();
  private final List<WorkerHome> homes = new ArrayList<>();
  private StageWork work;

  @BeforeEach
  void a_worker_and_a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
    StoreMarker.write(folder.resolve("store").toUri());
    work = worker("work");
  }

  @AfterEach
  void end() {
    timers.shutdownNow();
    homes.forEach(WorkerHome::close);
  }

  @Test
  void a_command_is_carried_out_published_and_reported_before_it_is_accepted() throws IOException {
    AcknowledgeType answer = work.run(record(command().build(), 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).extracting(StageEvent::getDetail).hasSize(2);
    assertThat(events().get(0).getDetail()).isEqualTo(new StageStarted(1, "test, 1 thread"));
    var success = (StageSucceeded) events().get(1).getDetail();
    Path published = Path.of(java.net.URI.create(success.getOutput().getUri()));
    assertThat(published.getFileName().toString())
        .isEqualTo("attempt-1-" + success.getOutput().getRootDigest().substring(0, 12));
    assertThat(published.resolve("config.json")).hasContent("model pruned 7");
    assertThat(success.getReport().getCost().getCached()).isFalse();
    assertThat(folder.resolve("work/workers/0/jobs")).isEmptyDirectory();
    assertThat(folder.resolve("work/checkpoints/run-1_0")).doesNotExist();
  }

  @Test
  void reports_carry_the_trace_and_an_id_that_stays_the_same() {
    work.run(record(command().build(), 1), stop);

    ProducerRecord<byte[], byte[]> report = producer.history().get(1);

    assertThat(header(report, "traceparent")).isEqualTo(TRACE);
    assertThat(header(report, "ce_id")).isEqualTo("run-1/0/1/succeeded");
    assertThat(header(report, "ce_type")).isEqualTo(CloudEvent.STAGE_REPORTED);
    assertThat(new String(report.key(), UTF_8)).isEqualTo("run-1");
  }

  @Test
  void a_finished_command_that_comes_again_is_reported_again_and_not_run_again() {
    work.run(record(command().build(), 1), stop);
    StageEvent first = events().get(1);
    producer.clear();

    AcknowledgeType answer = worker("elsewhere").run(record(command().build(), 2), new Stop());

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(events().get(0).getDetail()).isEqualTo(first.getDetail());
  }

  @Test
  void the_same_work_for_another_run_is_taken_from_the_cache() {
    work.run(record(command().build(), 1), stop);
    StageSucceeded computed = (StageSucceeded) events().get(1).getDetail();
    producer.clear();
    String elsewhere = folder.resolve("store/run-2").toUri().toString();

    work.run(record(command().setRunId("run-2").setOutputUri(elsewhere).build(), 1), new Stop());

    StageSucceeded reused = (StageSucceeded) events().get(1).getDetail();
    assertThat(reused.getReport().getCost().getCached()).isTrue();
    assertThat(reused.getOutput().getRootDigest()).isEqualTo(computed.getOutput().getRootDigest());
    assertThat(reused.getOutput().getUri()).startsWith(elsewhere);
  }

  @Test
  void another_budget_for_the_same_model_finds_the_scores_of_the_first() throws IOException {
    work.run(record(command().setSpec("{\"budget\":1}").build(), 1), stop);
    StageCommand second =
        command().setRunId("run-2").setResumeKey("run-2/0").setSpec("{\"budget\":2}").build();
    second.setOutputUri(folder.resolve("store/run-2").toUri().toString());
    work.run(record(second, 1), new Stop());

    assertThat(published(1)).hasContent("scores found: none");
    assertThat(published(3)).hasContent("scores found: {}");
    assertThat(folder.resolve("work/checkpoints/run-1_0")).doesNotExist();
  }

  private Path published(int event) {
    var success = (StageSucceeded) events().get(event).getDetail();
    return Path.of(java.net.URI.create(success.getOutput().getUri())).resolve("config.json");
  }

  @Test
  void an_evaluation_passes_its_input_on() {
    work.run(record(command().setKind(StageKind.EVALUATE).build(), 1), stop);

    var success = (StageSucceeded) events().get(1).getDetail();

    assertThat(success.getOutput().getUri()).isEqualTo(folder.resolve("input").toUri().toString());
    assertThat(success.getOutput().getFiles()).extracting("path").containsExactly("config.json");
  }

  @Test
  void a_record_that_is_no_command_goes_to_the_dead_letters_as_it_is() {
    var garbage = new ConsumerRecord<>("t.stage-commands.gpu", 3, 42L, bytes("key"), bytes("?"));

    AcknowledgeType answer = work.run(garbage, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.REJECT);
    ProducerRecord<byte[], byte[]> letter = producer.history().get(0);
    assertThat(letter.topic()).isEqualTo("t.dead-letters");
    assertThat(letter.value()).isEqualTo(bytes("?"));
    assertThat(header(letter, "__streams.errors.topic")).isEqualTo("t.stage-commands.gpu");
    assertThat(header(letter, "__streams.errors.partition")).isEqualTo("3");
    assertThat(header(letter, "__streams.errors.offset")).isEqualTo("42");
    assertThat(header(letter, "__streams.errors.message")).contains("no stage command");
  }

  @Test
  void a_command_that_makes_no_sense_goes_to_the_dead_letters_and_its_run_gets_an_answer() {
    StageCommand bad = command().setAttempt(0).setSpec("[]").setOutputUri("nowhere").build();

    AcknowledgeType answer = work.run(record(bad, 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.REJECT);
    assertThat(header(producer.history().get(0), "__streams.errors.message"))
        .contains("attempt should be 1 or more")
        .contains("spec should be a JSON object")
        .contains("outputUri should be an absolute URI");
    assertThat(failure().getKind()).isEqualTo(FailureKind.INVALID_INPUT);
    assertThat(failure().getRetryable()).isFalse();
  }

  @Test
  void a_refusal_of_the_stage_is_reported_and_accepted() {
    AcknowledgeType answer =
        work.run(record(command().setSpec("{\"is\":\"two problems\"}").build(), 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getKind()).isEqualTo(FailureKind.INVALID_INPUT);
    assertThat(failure().getMessage()).isEqualTo("first problem\nsecond problem");
  }

  @Test
  void a_run_out_of_time_is_not_begun() {
    AcknowledgeType answer = work.run(record(command().setDeadline(NOW).build(), 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(failure().getKind()).isEqualTo(FailureKind.DEADLINE);
    assertThat(failure().getRetryable()).isFalse();
  }

  @Test
  void a_run_cancelled_before_the_claim_is_not_begun() {
    running.cancel("run-1", "cancelled by ada: wrong model");

    AcknowledgeType answer = work.run(record(command().build(), 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(failure().getKind()).isEqualTo(FailureKind.CANCELLED);
    assertThat(failure().getMessage()).isEqualTo("cancelled by ada: wrong model");
  }

  @Test
  void the_last_delivery_is_used_to_report_since_the_queue_drops_the_record_after_it() {
    AcknowledgeType answer = work.run(record(command().build(), 10), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(failure().getRetryable()).isTrue();
  }

  @Test
  void whoever_loses_the_lease_publishes_and_reports_nothing() {
    stop.request(Stop.Reason.LEASE_LOST, "gone");

    AcknowledgeType answer = work.run(record(command().build(), 1), stop);

    assertThat(answer).isEqualTo(AcknowledgeType.RELEASE);
    assertThat(producer.history()).isEmpty();
    assertThat(folder.resolve("store/run-1")).doesNotExist();
  }

  private StageWork worker(String name) {
    var outbox = new Outbox(producer);
    var clock = Clock.fixed(NOW, ZoneOffset.UTC);
    var child =
        new ChildJvm(
            ChildSettings.of(64, 1)
                .withMainClass(TestStageProcess.class.getName())
                .withOptions(List.of("-XX:TieredStopAtLevel=1")));
    var events = new StageEvents(topics.stageEvents(), outbox, clock, "worker-1");
    var rules =
        new InputRules(
            InputRoots.of(List.of(folder.resolve("input"))), FileListing.Limits.STANDARD);
    var equipment = new SlotEquipment(child, TestStageProcess.stages(), "test, 1 thread");
    WorkerHome home = WorkerHome.open(folder.resolve(name), "gpu");
    homes.add(home);
    var bench = new Workbench(home, rules, equipment);
    return new StageWork(
        new CommandReader(topics.stageCommands("gpu")),
        new Execution(bench, events, new Execution.Timing(clock, timers), Lease.STANDARD),
        running,
        new StageWork.Reports(events, new DeadLetters(topics.deadLetters(), outbox)));
  }

  private StageCommand.Builder command() {
    return StageCommand.newBuilder()
        .setRunId("run-1")
        .setModelName("resnet")
        .setModelVersion("1")
        .setStageIndex(0)
        .setAttempt(1)
        .setKind(StageKind.PRUNE)
        .setSpec("{}")
        .setInput(new ArtifactReference(folder.resolve("input").toUri().toString(), null))
        .setOutputUri(folder.resolve("store/run-1").toUri().toString())
        .setData(Map.of())
        .setSeed(7)
        .setResumeKey("run-1/0")
        .setPool("gpu")
        .setDeadline(NOW.plusSeconds(3600))
        .setIssuedAt(NOW);
  }

  private ConsumerRecord<byte[], byte[]> record(StageCommand command, int delivery) {
    var topic = topics.stageCommands("gpu");
    byte[] value = topic.values().serializer().serialize(topic.name(), command);
    var headers = new RecordHeaders().add(CloudEvent.TRACEPARENT, bytes(TRACE));
    return new ConsumerRecord<>(
        topic.name(),
        0,
        0,
        0,
        TimestampType.CREATE_TIME,
        0,
        0,
        bytes(command.getRunId()),
        value,
        headers,
        Optional.empty(),
        Optional.of((short) delivery));
  }

  private List<StageEvent> events() {
    var topic = topics.stageEvents();
    return producer.history().stream()
        .filter(sent -> sent.topic().equals(topic.name()))
        .map(sent -> topic.values().deserializer().deserialize(sent.topic(), sent.value()))
        .filter(event -> !(event.getDetail() instanceof io.espalier.event.StageProgressed))
        .toList();
  }

  private StageFailed failure() {
    return (StageFailed) events().get(events().size() - 1).getDetail();
  }

  private static String header(ProducerRecord<byte[], byte[]> record, String name) {
    return new String(record.headers().lastHeader(name).value(), UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
