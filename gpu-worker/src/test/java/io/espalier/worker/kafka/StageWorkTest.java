package io.espalier.worker.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.event.ArtifactReference;
import io.espalier.event.ClosedAttempts;
import io.espalier.event.FailureKind;
import io.espalier.event.RunningStage;
import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.StageFailed;
import io.espalier.event.StageKind;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.kafka.claim.Backoff;
import io.espalier.worker.kafka.claim.ClaimedCommand;
import io.espalier.worker.kafka.claim.CommandReader;
import io.espalier.worker.kafka.claim.HeldCommands;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.claim.OtherHolders;
import io.espalier.worker.kafka.claim.OtherWorkers;
import io.espalier.worker.kafka.claim.Slots;
import io.espalier.worker.kafka.record.DeadLetters;
import io.espalier.worker.kafka.record.Outbox;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.SlotEquipment;
import io.espalier.worker.kafka.work.StageRunner;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.WorkerHome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
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
  private final FussyProducer producer = new FussyProducer();
  private final ScheduledExecutorService timers = Executors.newSingleThreadScheduledExecutor();
  private final HeldCommands running = new HeldCommands(() -> {});
  private final OtherWorkers others = new OtherWorkers("worker-1", "gpu");
  private final OtherHolders holders = new OtherHolders(running, others);
  private final Fitness fitness = new Fitness(() -> {});
  private final Slots slots = new Slots(1, () -> fitness.outOfService().isEmpty(), () -> {});
  private final Slots.Place place = slots.reserve(Duration.ZERO).orElseThrow();
  private Topic<StageCommand> commands = topics.stageCommands("gpu");
  private StallLimits stall = StallLimits.STANDARD;
  private Duration turn = Duration.ofMillis(50);
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
    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

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
    work.run(record(command().build(), 1), place, stop);

    ProducerRecord<byte[], byte[]> report = producer.history().get(producer.history().size() - 1);

    assertThat(header(report, "traceparent")).isEqualTo(TRACE);
    assertThat(header(report, "ce_id")).isEqualTo("run-1/0/1/succeeded");
    assertThat(header(report, "ce_type")).isEqualTo(CloudEvent.STAGE_REPORTED);
    assertThat(new String(report.key(), UTF_8)).isEqualTo("run-1");
  }

  @Test
  void a_finished_command_that_comes_again_is_reported_again_and_not_run_again() {
    work.run(record(command().build(), 1), place, stop);
    StageEvent first = events().get(1);
    producer.clear();

    AcknowledgeType answer =
        worker("elsewhere").run(record(command().build(), 2), place, new Stop());

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(events().get(0).getDetail()).isEqualTo(first.getDetail());
  }

  @Test
  void the_same_work_for_another_run_is_taken_from_the_cache() {
    work.run(record(command().build(), 1), place, stop);
    StageSucceeded computed = (StageSucceeded) events().get(1).getDetail();
    producer.clear();
    String elsewhere = folder.resolve("store/run-2").toUri().toString();

    work.run(
        record(command().setRunId("run-2").setOutputUri(elsewhere).build(), 1), place, new Stop());

    StageSucceeded reused = (StageSucceeded) events().get(1).getDetail();
    assertThat(reused.getReport().getCost().getCached()).isTrue();
    assertThat(reused.getOutput().getRootDigest()).isEqualTo(computed.getOutput().getRootDigest());
    assertThat(reused.getOutput().getUri()).startsWith(elsewhere);
  }

  @Test
  void another_budget_for_the_same_model_finds_the_scores_of_the_first() throws IOException {
    work.run(record(command().setSpec("{\"budget\":1}").build(), 1), place, stop);
    StageCommand second =
        command().setRunId("run-2").setResumeKey("run-2/0").setSpec("{\"budget\":2}").build();
    second.setOutputUri(folder.resolve("store/run-2").toUri().toString());
    work.run(record(second, 1), place, new Stop());

    assertThat(published(1)).hasContent("scores found: none");
    assertThat(published(3)).hasContent("scores found: {}");
    assertThat(folder.resolve("work/checkpoints/run-1_0")).doesNotExist();
  }

  private Path published(int event) {
    var success = (StageSucceeded) events().get(event).getDetail();
    return Path.of(java.net.URI.create(success.getOutput().getUri())).resolve("config.json");
  }

  @Test
  void a_store_that_is_not_there_takes_the_worker_out_of_service() throws IOException {
    Files.delete(folder.resolve("store").resolve(StoreMarker.NAME));

    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(failure().getRetryable()).isTrue();
    assertThat(fitness.outOfService()).get().asString().contains("mounted");
    assertThat(homes.get(0).missedStores().problem()).isPresent();
  }

  @Test
  void three_failures_in_a_row_for_want_of_a_resource_take_the_worker_out_of_service() {
    StageCommand unreadable = command(folder.resolve("input/gone"));
    work.run(record(unreadable, 1), place, stop);
    work.run(record(unreadable, 1), place, stop);
    work.run(record(command().build(), 1), place, stop);
    work.run(record(unreadable, 1), place, stop);
    work.run(record(unreadable, 1), place, stop);
    assertThat(fitness.outOfService()).isEmpty();

    work.run(record(unreadable, 1), place, stop);

    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(fitness.outOfService().orElseThrow()).contains("3 stages in a row", "input/gone");
  }

  @Test
  void what_is_wrong_with_a_command_or_with_other_workers_is_not_held_against_this_one() {
    for (int i = 0; i < 4; i++) {
      work.run(record(command().setSpec("{\"is\":\"two problems\"}").build(), 1), place, stop);
      work.run(record(command().build(), 9), place, stop);
    }

    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(fitness.outOfService()).isEmpty();
  }

  private StageCommand command(Path input) {
    return command()
        .setRunId("run-2")
        .setResumeKey("run-2/0")
        .setOutputUri(folder.resolve("store/run-2").toUri().toString())
        .setInput(new ArtifactReference(input.toUri().toString(), null, null))
        .build();
  }

  @Test
  void an_evaluation_before_the_last_stage_passes_its_input_on() {
    StageCommand command = command().setKind(StageKind.EVALUATE).setStageCount(2).build();

    work.run(record(command, 1), place, stop);

    var success = (StageSucceeded) events().get(1).getDetail();

    assertThat(success.getOutput().getUri()).isEqualTo(folder.resolve("input").toUri().toString());
    assertThat(success.getOutput().getFiles()).extracting("path").containsExactly("config.json");
  }

  @Test
  void a_record_that_is_no_command_goes_to_the_dead_letters_as_it_is() {
    var garbage = new ConsumerRecord<>("t.stage-commands.gpu", 3, 42L, bytes("key"), bytes("?"));

    AcknowledgeType answer = work.run(garbage, place, stop);

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

    AcknowledgeType answer = work.run(record(bad, 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.REJECT);
    assertThat(header(producer.history().get(0), "__streams.errors.message"))
        .contains("attempt should be 1 or more")
        .contains("spec should be a JSON object")
        .contains("outputUri should be an absolute URI");
    assertThat(failure().getKind()).isEqualTo(FailureKind.INVALID_INPUT);
    assertThat(failure().getRetryable()).isFalse();
  }

  @Test
  void a_command_for_a_model_that_cannot_be_called_so_is_refused() {
    StageCommand bad = command().setModelName("org/../resnet").setModelVersion("1/\u202e2").build();

    AcknowledgeType answer = work.run(record(bad, 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.REJECT);
    assertThat(failure().getMessage())
        .contains("modelName must have no segment that begins with a dot")
        .contains("modelVersion must have no control")
        .contains("U+202E");
  }

  @Test
  void a_model_may_be_called_after_its_organisation() {
    StageCommand good = command().setModelName("org/resnet").build();

    assertThat(work.run(record(good, 1), place, stop)).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events().get(1).getDetail()).isInstanceOf(StageSucceeded.class);
  }

  @Test
  void a_megabyte_of_nonsense_is_quoted_in_a_line() {
    StageCommand bad =
        command()
            .setSpec("[" + "1,".repeat(500_000) + "1]")
            .setOutputUri("x".repeat(9_000))
            .build();

    work.run(record(bad, 1), place, stop);

    assertThat(failure().getMessage()).hasSizeLessThan(1_000);
  }

  @Test
  void a_refusal_of_the_stage_is_reported_and_accepted() {
    AcknowledgeType answer =
        work.run(record(command().setSpec("{\"is\":\"two problems\"}").build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getKind()).isEqualTo(FailureKind.INVALID_INPUT);
    assertThat(failure().getMessage()).isEqualTo("first problem\nsecond problem");
  }

  @Test
  void the_clock_of_a_worker_decides_nothing_about_deadlines() {
    Instant past = NOW.minusSeconds(86_400);

    AcknowledgeType answer = work.run(record(command().setDeadline(past).build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events().get(1).getDetail()).isInstanceOf(StageSucceeded.class);
  }

  @Test
  void every_report_carries_the_token_of_the_command() {
    work.run(record(command().setToken("secret").build(), 1), place, stop);
    work.run(record(command().setToken("other").setSpec("[]").build(), 1), place, new Stop());

    assertThat(events())
        .extracting(StageEvent::getToken)
        .containsExactly("secret", "secret", "other", "other");
  }

  @Test
  void a_closed_command_is_not_begun_and_the_reason_is_reported() {
    running.close(new ClosedAttempts("run-1", 4L, "cancelled by ada: wrong model", NOW, null));

    AcknowledgeType answer = work.run(record(command().setSequence(4).build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(1);
    assertThat(failure().getKind()).isEqualTo(FailureKind.CANCELLED);
    assertThat(failure().getMessage()).isEqualTo("cancelled by ada: wrong model");
  }

  @Test
  void the_last_deliveries_are_used_to_report_since_the_queue_drops_the_record_after_them() {
    AcknowledgeType answer = work.run(record(command().build(), 9), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events())
        .extracting(event -> event.getDetail().getClass().getSimpleName())
        .containsExactly("StageStarted", "StageFailed");
    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(failure().getMessage()).contains("delivered 9 times");
    assertThat(failure().getRetryable()).isTrue();
  }

  @Test
  void a_worker_that_shuts_down_reports_the_last_delivery_all_the_same() {
    stop.request(Stop.Reason.CLOSING, "the worker is shutting down");

    AcknowledgeType answer = work.run(record(command().build(), 10), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getRetryable()).isTrue();
  }

  @Test
  void a_closed_command_is_reported_as_closed_on_its_last_delivery_too() {
    running.close(new ClosedAttempts("run-1", 4L, "superseded", NOW, null));

    work.run(record(command().setSequence(4).build(), 10), place, stop);

    assertThat(failure().getKind()).isEqualTo(FailureKind.CANCELLED);
  }

  @Test
  void a_registry_that_is_away_is_waited_for_and_no_record_is_blamed() {
    var failures = new AtomicInteger(1);
    commands = AilingRegistry.read(commands, failures);

    AcknowledgeType answer = worker("waiting").run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(2);
    assertThat(producer.history()).noneMatch(sent -> sent.topic().equals("t.dead-letters"));
  }

  @Test
  void a_command_that_nobody_could_read_is_kept_when_its_last_delivery_ends() {
    var failures = new AtomicInteger(Integer.MAX_VALUE);
    commands = AilingRegistry.read(commands, failures);
    var unused =
        timers.schedule(
            () -> stop.request(Stop.Reason.CLOSING, "the worker is shutting down"),
            100,
            TimeUnit.MILLISECONDS);

    AcknowledgeType answer = worker("waiting").run(record(command().build(), 10), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.RELEASE);
    assertThat(producer.history()).hasSize(1);
    assertThat(header(producer.history().get(0), "__streams.errors.message"))
        .contains("delivered 10 times")
        .contains("registry was out of reach");
  }

  @Test
  void a_broker_that_does_not_answer_is_tried_again_until_it_does() {
    producer.sendException = new TimeoutException("no answer");
    var unused = timers.schedule(() -> producer.sendException = null, 200, TimeUnit.MILLISECONDS);

    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events()).hasSize(2);
    assertThat(fitness.outOfService()).isEmpty();
  }

  @Test
  void a_worker_that_may_not_report_gives_back_once_and_is_out_of_service() {
    producer.sendException = new TopicAuthorizationException("not allowed to write");

    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.RELEASE);
    assertThat(fitness.outOfService().orElseThrow())
        .contains("nothing can be reported")
        .contains("not allowed to write");
    assertThat(place.isOpen()).isFalse();
    assertThat(folder.resolve("store/run-1")).doesNotExist();
  }

  @Test
  void a_success_whose_report_is_too_large_is_reported_as_a_failure_that_says_so() {
    producer.tooLarge = StageSucceeded.class;

    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getKind()).isEqualTo(FailureKind.INTERNAL);
    assertThat(failure().getMessage()).contains("5,000,000 bytes").contains("attempt-1-");
    assertThat(failure().getRetryable()).isFalse();
    assertThat(fitness.outOfService()).isEmpty();
  }

  @Test
  void a_message_of_two_megabytes_is_cut_and_reported() {
    var failure = new InvalidInputException(List.of("x".repeat(2_000_000)));
    var events =
        new StageEvents(topics.stageEvents(), new Outbox(() -> producer), Clock.systemUTC(), "w");

    events.failed(ClaimedCommand.of(command().build(), record(command().build(), 1)), failure);

    assertThat(failure().getMessage())
        .hasSizeLessThan(17_000)
        .contains("2,000,000 characters in all");
  }

  @Test
  void a_stage_without_progress_is_ended_and_may_be_tried_again() {
    stall = StallLimits.of(Duration.ofSeconds(5));
    StageCommand hanging = command().setSpec("{\"never\":\"end\"}").build();

    AcknowledgeType answer = worker("impatient").run(record(hanging, 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(failure().getKind()).isEqualTo(FailureKind.RESOURCE);
    assertThat(failure().getRetryable()).isTrue();
    assertThat(failure().getMessage()).contains("no progress for 5s: phase 'search' at 1 of 2");
  }

  @Test
  void a_prepared_command_whose_slot_does_not_become_free_is_given_back_and_never_begun() {
    Slots.Place busy = place;
    busy.begin(false, Duration.ZERO, stop);
    busy.ending(true);
    Slots.Place behind = slots.reserve(Duration.ZERO).orElseThrow();
    behind.claimed(true);

    AcknowledgeType answer = work.run(record(command().build(), 1), behind, new Stop());

    assertThat(answer).isEqualTo(AcknowledgeType.RELEASE);
    assertThat(producer.history()).isEmpty();
    assertThat(folder.resolve("work/workers/0/jobs")).isEmptyDirectory();
    assertThat(slots.spare()).isZero();
  }

  @Test
  void a_prepared_command_begins_when_the_slot_is_handed_on() throws Exception {
    Slots.Place busy = place;
    busy.begin(false, Duration.ZERO, stop);
    busy.ending(true);
    Slots.Place behind = slots.reserve(Duration.ZERO).orElseThrow();
    behind.claimed(true);
    turn = Duration.ofSeconds(30);
    StageWork patient = worker("patient");

    var answer =
        CompletableFuture.supplyAsync(
            () -> patient.run(record(command().build(), 1), behind, new Stop()));
    await().until(() -> running.stages().size() == 1);
    assertThat(running.stages().get(0).getWorking()).isFalse();
    assertThat(events()).isEmpty();
    busy.end();

    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events().get(1).getDetail()).isInstanceOf(StageSucceeded.class);
    assertThat(busy.isOpen()).isFalse();
  }

  @Test
  void what_the_queue_gives_out_again_is_begun_only_when_the_other_worker_has_left_it()
      throws Exception {
    others.heard(heartbeat(new RunningStage("run-1", 0, 1, true, 1)));
    var answer = CompletableFuture.supplyAsync(() -> run(1));
    await().until(() -> running.stages().size() == 1);

    assertThat(running.stages().get(0).getWorking()).isFalse();
    assertThat(events()).isEmpty();
    others.heard(heartbeat());

    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events().get(1).getDetail()).isInstanceOf(StageSucceeded.class);
  }

  @Test
  void what_the_other_worker_has_published_meanwhile_is_only_reported_again() throws Exception {
    others.heard(heartbeat(new RunningStage("run-1", 0, 1, true, 1)));
    var answer = CompletableFuture.supplyAsync(() -> run(1));
    await().until(() -> running.stages().size() == 1);

    var elsewhere = new OtherHolders(new HeldCommands(() -> {}), new OtherWorkers("other", "gpu"));
    worker("elsewhere", elsewhere).run(record(command().build(), 1), place, new Stop());
    others.heard(heartbeat());

    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(events())
        .extracting(event -> (Object) event.getDetail().getClass())
        .containsExactly(StageStarted.class, StageSucceeded.class, StageSucceeded.class);
  }

  @Test
  void a_worker_that_gets_a_command_a_second_time_works_on_it_once() throws Exception {
    var first = new Stop();
    ClaimedCommand held = ClaimedCommand.of(command().build(), record(command().build(), 1));
    var registration = running.register(held, first);
    var answer = CompletableFuture.supplyAsync(() -> run(1));

    await().until(() -> holders.isAwaited(first));
    assertThat(events()).isEmpty();
    registration.close();

    assertThat(answer.get(30, TimeUnit.SECONDS)).isEqualTo(AcknowledgeType.ACCEPT);
    assertThat(holders.isAwaited(first)).isFalse();
    assertThat(events()).hasSize(2);
  }

  @Test
  void whoever_loses_the_lease_publishes_and_reports_nothing() {
    stop.request(Stop.Reason.LEASE_LOST, "gone");

    AcknowledgeType answer = work.run(record(command().build(), 1), place, stop);

    assertThat(answer).isEqualTo(AcknowledgeType.RELEASE);
    assertThat(producer.history()).isEmpty();
    assertThat(folder.resolve("store/run-1")).doesNotExist();
  }

  private AcknowledgeType run(int delivery) {
    return work.run(record(command().build(), delivery), place, new Stop());
  }

  private static WorkerHeartbeat heartbeat(RunningStage... stages) {
    return new WorkerHeartbeat("other", "gpu", NOW, 1, List.of(), List.of(stages), 0, null);
  }

  private StageWork worker(String name) {
    return worker(name, holders);
  }

  private StageWork worker(String name, OtherHolders holders) {
    var outbox = new Outbox(() -> producer);
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
    var pauses = new Backoff(Duration.ofMillis(10), Duration.ofMillis(20));
    var reports =
        new ReportDelivery(events, new DeadLetters(topics.deadLetters(), outbox), fitness, pauses);
    var execution =
        new StageExecution(
            List.of(new StageRunner(home, rules, equipment)),
            reports,
            holders,
            new StageExecution.Timing(clock, timers),
            new StageExecution.Bounds(Lease.STANDARD, stall, turn));
    return new StageWork(new CommandReader(commands), execution, holders, reports, Lease.STANDARD);
  }

  private StageCommand.Builder command() {
    return StageCommands.in(folder);
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

  /** Refuses reports of one kind as too large. */
  private final class FussyProducer extends MockProducer<byte[], byte[]> {
    private Class<?> tooLarge = Void.class;

    private FussyProducer() {
      super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
    }

    @Override
    public synchronized Future<RecordMetadata> send(
        ProducerRecord<byte[], byte[]> record, Callback callback) {
      if (record.topic().equals("t.stage-events")) {
        var values = topics.stageEvents().values().deserializer();
        StageEvent event = values.deserialize(record.topic(), record.value());
        if (tooLarge.isInstance(event.getDetail())) {
          throw new RecordTooLargeException("5,000,000 bytes");
        }
      }
      return super.send(record, callback);
    }
  }
}
