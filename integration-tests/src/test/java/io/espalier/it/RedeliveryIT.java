package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ArtifactReference;
import io.espalier.event.StageCommand;
import io.espalier.event.StageEvent;
import io.espalier.event.StageKind;
import io.espalier.event.StageProgressed;
import io.espalier.event.StageStarted;
import io.espalier.event.StageSucceeded;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.CloudEvent;
import io.espalier.standalone.local.JavaProcess;
import io.espalier.worker.checkpoint.store.StoreMarker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tests that a dead worker's commands are with another at once; what comes next is prepared. */
class RedeliveryIT {
  private static final Logger LOGGER = LoggerFactory.getLogger(RedeliveryIT.class);
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  /**
   * Far more than a redelivery takes, and far less than what it takes where something has to time
   * out first: a lock after up to 60 s, a member of the group after 45 s.
   */
  private static final Duration AT_ONCE = Duration.ofSeconds(10);

  @Test
  void the_command_of_a_killed_worker_is_begun_by_another_at_once_in_every_phase() {
    try (Installed espalier = installed("redelivery");
        var events = espalier.read(espalier.topics().stageEvents());
        var heartbeats = espalier.read(espalier.topics().workerHeartbeats())) {
      Map<String, JavaProcess> workers = new HashMap<>();
      start(espalier, "a", workers);
      start(espalier, "b", workers);
      heartbeats.await(PATIENCE, idle("", Instant.EPOCH));
      send(espalier, "run-1", 512);
      List<Duration> took = new ArrayList<>();

      List<Predicate<StageEvent>> phases =
          List.of(
              event -> true,
              event -> event.getDetail() instanceof StageProgressed,
              RedeliveryIT::hasProgressed,
              event -> true);
      Instant killed = Instant.EPOCH;
      Instant before = Instant.EPOCH;
      for (int delivery = 1; delivery <= phases.size() + 1; delivery++) {
        StageEvent started = events.await(PATIENCE, startedAfter(before)).value();
        before = started.getAt();
        if (delivery > 1) {
          took.add(Duration.between(killed, started.getAt()));
        }
        if (delivery <= phases.size()) {
          Predicate<StageEvent> phase = phases.get(delivery - 1);
          events.await(
              PATIENCE, event -> !event.getAt().isBefore(started.getAt()) && phase.test(event));
          Instant since = killed;
          heartbeats.await(
              PATIENCE,
              idle(started.getWorkerId(), since)); // or a JVM that starts would be measured
          String name = name(espalier, started.getWorkerId());
          workers.remove(name).kill();
          killed = Instant.now();
          start(espalier, name, workers);
        }
      }

      LOGGER.info("from the kill to the next start: {}", took);
      assertThat(took).allSatisfy(time -> assertThat(time).isLessThan(AT_ONCE));
    }
  }

  @Test
  void the_next_command_is_prepared_while_the_slot_is_busy_and_begins_when_it_is_free() {
    try (Installed espalier = installed("prepared");
        var events = espalier.read(espalier.topics().stageEvents());
        var heartbeats = espalier.read(espalier.topics().workerHeartbeats())) {
      Map<String, JavaProcess> workers = new HashMap<>();
      start(espalier, "a", workers);
      send(espalier, "run-1", 64);
      send(espalier, "run-2", 32);

      heartbeats.await(PATIENCE, RedeliveryIT::holdsOneAndPreparesAnother);
      StageEvent first = events.await(PATIENCE, succeeded("run-1")).value();
      StageEvent next =
          events
              .await(
                  PATIENCE,
                  event ->
                      event.getRunId().equals("run-2") && event.getDetail() instanceof StageStarted)
              .value();
      events.await(PATIENCE, succeeded("run-2"));

      Duration gap = Duration.between(first.getAt(), next.getAt());
      LOGGER.info("from the end of one stage to the start of the next: {}", gap);
      assertThat(gap).isLessThan(AT_ONCE);
    }
  }

  @Test
  void a_stage_goes_on_over_a_restart_of_the_broker_and_is_begun_once_though_others_are_idle() {
    try (Installed espalier = installed("broker-restart");
        var events = espalier.read(espalier.topics().stageEvents())) {
      Map<String, JavaProcess> workers = new HashMap<>();
      start(espalier, "a", workers);
      start(espalier, "b", workers);
      send(espalier, "run-1", 512);
      events.await(PATIENCE, RedeliveryIT::hasProgressed);

      espalier.broker().kill();
      espalier.broker().restart();

      events.await(PATIENCE, succeeded("run-1"));
      assertThat(events.all())
          .extracting(StageEvent::getDetail)
          .filteredOn(StageStarted.class::isInstance)
          .hasSize(1);
    }
  }

  /** Another worker, one that was heard of since then and has nothing to do. */
  private static Predicate<WorkerHeartbeat> idle(String other, Instant since) {
    return heartbeat ->
        !heartbeat.getWorkerId().equals(other)
            && heartbeat.getAt().isAfter(since)
            && heartbeat.getSlots() > 0
            && heartbeat.getRunning().isEmpty();
  }

  private static boolean hasProgressed(StageEvent event) {
    return event.getDetail() instanceof StageProgressed at && at.getDone() > 0;
  }

  private static boolean holdsOneAndPreparesAnother(WorkerHeartbeat heartbeat) {
    return heartbeat.getRunning().size() == 2
        && heartbeat.getRunning().stream().filter(stage -> stage.getWorking()).count() == 1;
  }

  private static Predicate<StageEvent> startedAfter(Instant time) {
    return event -> event.getDetail() instanceof StageStarted && event.getAt().isAfter(time);
  }

  private static Predicate<StageEvent> succeeded(String run) {
    return event -> event.getRunId().equals(run) && event.getDetail() instanceof StageSucceeded;
  }

  private static Installed installed(String name) {
    Installed espalier = Installed.as(name);
    StoreMarker.write(store().toUri());
    return espalier;
  }

  /** Models, data and outputs alike lie in it. */
  private static Path store() {
    return TestModel.data().getParent();
  }

  private static void start(Installed espalier, String name, Map<String, JavaProcess> workers) {
    workers.put(name, espalier.startWorker(name));
  }

  /** The worker whose identity lies in its work directory. */
  private static String name(Installed espalier, String workerId) {
    return List.of("a", "b").stream()
        .filter(name -> identity(espalier.folder().resolve(name)).equals(workerId))
        .findFirst()
        .orElseThrow();
  }

  private static String identity(Path workDirectory) {
    try {
      return Files.readString(workDirectory.resolve("workers/0/id")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(Installed espalier, String run, int scoreImages) {
    StageCommand command =
        StageCommand.newBuilder()
            .setRunId(run)
            .setModelName("model")
            .setModelVersion("1")
            .setStageIndex(0)
            .setAttempt(1)
            .setKind(StageKind.PRUNE)
            .setSpec(
                """
                {"algorithm":"fastnas","batchSize":32,"calibrationBatches":1,"channelDivisor":8,\
                "constraints":{"flops":"60%%"},"scoreImages":%d}\
                """
                    .formatted(scoreImages))
            .setInput(new ArtifactReference(TestModel.large().toUri().toString(), null))
            .setOutputUri(espalier.folder().resolve("out").resolve(run).toUri().toString())
            .setData(Map.of("eval", TestModel.data().toUri() + "?split=test"))
            .setSeed(7)
            .setResumeKey(run + "/0")
            .setPool("default")
            .setDeadline(Instant.now().plusSeconds(3600))
            .setIssuedAt(Instant.now())
            .setToken("token")
            .setSequence(1)
            .build();
    espalier.publish(
        espalier.topics().stageCommands("default"), run, command, CloudEvent.STAGE_REQUESTED);
  }
}
