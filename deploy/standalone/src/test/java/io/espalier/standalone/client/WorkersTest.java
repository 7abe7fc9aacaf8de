package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.event.Device;
import io.espalier.event.RunningStage;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.standalone.report.Result;
import java.time.Instant;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class WorkersTest {
  private static final Instant NOON = SampleRun.NOON;

  @Test
  void each_worker_is_shown_by_its_newest_sign_of_life() {
    WorkerHeartbeat newest = heartbeat("worker-1", NOON.minusSeconds(5));
    newest.setRunning(
        List.of(
            new RunningStage("run-01234567-and-more", 0, 1, true, 1),
            new RunningStage("prepared-only", 0, 1, false, 1)));
    List<WorkerHeartbeat> heartbeats =
        List.of(
            heartbeat("worker-1", NOON.minusSeconds(20)),
            newest,
            heartbeat("worker-1", NOON.minusSeconds(10)));

    Result result = Workers.result(heartbeats, NOON, OptionalInt.empty());

    assertThat(result.table().lines().map(String::stripTrailing))
        .containsExactly(
            "worker    pool  slots  spare  working on    free memory                "
                + "last heard  out of service",
            "worker-1  gpu       2      1  run-01234567  cpu 1.5 GiB, cuda unknown  5 s ago");
    JsonNode worker = result.json().at("/workers/0");
    assertThat(result.json().path("workers")).hasSize(1);
    assertThat(worker.path("workerId").asText()).isEqualTo("worker-1");
    assertThat(worker.at("/running/0/runId").asText()).isEqualTo("run-01234567-and-more");
    assertThat(worker.path("heardSecondsAgo").asLong()).isEqualTo(5);
    assertThat(worker.path("silent").asBoolean()).isFalse();
  }

  @Test
  void a_worker_that_was_not_heard_of_for_over_30_s_is_silent() {
    List<WorkerHeartbeat> heartbeats =
        List.of(
            heartbeat("late", NOON.minusSeconds(31)), heartbeat("in-time", NOON.minusSeconds(30)));

    Result result = Workers.result(heartbeats, NOON, OptionalInt.empty());

    assertThat(result.table()).contains("31 s ago, silent").contains("30 s ago\n");
    assertThat(result.json().path("workers"))
        .extracting(worker -> worker.path("silent").asBoolean())
        .containsExactly(false, true);
  }

  @Test
  void a_worker_that_is_out_of_service_says_why() {
    WorkerHeartbeat broken = heartbeat("worker-1", NOON);
    broken.setOutOfService("the store is not mounted");

    Result result = Workers.result(List.of(broken), NOON, OptionalInt.empty());

    assertThat(result.table()).contains("0 s ago     the store is not mounted");
    assertThat(result.json().at("/workers/0/outOfService").asText())
        .isEqualTo("the store is not mounted");
  }

  @Test
  void a_worker_whose_clock_is_ahead_was_heard_of_now() {
    Result result =
        Workers.result(List.of(heartbeat("ahead", NOON.plusSeconds(9))), NOON, OptionalInt.empty());

    assertThat(result.json().at("/workers/0/heardSecondsAgo").asLong()).isZero();
  }

  @Test
  void a_clock_that_is_over_5_s_ahead_is_told_of() {
    List<WorkerHeartbeat> heartbeats =
        List.of(
            heartbeat("far", NOON.plusSeconds(600)),
            heartbeat("near", NOON.plusSeconds(5)),
            heartbeat("right", NOON));

    Result result = Workers.result(heartbeats, NOON, OptionalInt.empty());

    assertThat(result.table()).containsOnlyOnce("ahead").contains("0 s ago, clock 600 s ahead");
    assertThat(result.json().at("/workers/0/clockAheadSeconds").asLong()).isEqualTo(600);
    assertThat(result.json().at("/workers/1").has("clockAheadSeconds")).isFalse();
    assertThat(result.json().at("/workers/2").has("clockAheadSeconds")).isFalse();
  }

  @Test
  void nobody_is_said_in_words() {
    Result result = Workers.result(List.of(), NOON, OptionalInt.empty());

    assertThat(result.table())
        .isEqualTo(
            "no worker was heard of in the last 120 s; this machine's clock says"
                + " 2026-06-01T12:00:00Z");
    assertThat(result.json().path("workers").isArray()).isTrue();
    assertThat(result.json().path("workers")).isEmpty();
  }

  @Test
  void workers_have_names_and_fit_the_terminal() {
    Result result = Workers.result(List.of(heartbeat("worker-1", NOON)), NOON, OptionalInt.of(60));

    assertThat(result.names()).contains(List.of("worker-1"));
    assertThat(result.table().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(61));
  }

  @Test
  void who_is_silent_or_out_of_service_or_about_to_stop_serves_no_pool() {
    WorkerHeartbeat broken = heartbeat("broken", NOON);
    broken.setOutOfService("the store is not mounted");
    WorkerHeartbeat stopping = heartbeat("stopping", NOON);
    stopping.setSlots(0);

    assertThat(Workers.serves(heartbeat("sound", NOON.minusSeconds(30)), NOON)).isTrue();
    assertThat(Workers.serves(heartbeat("late", NOON.minusSeconds(31)), NOON)).isFalse();
    assertThat(Workers.serves(broken, NOON)).isFalse();
    assertThat(Workers.serves(stopping, NOON)).isFalse();
  }

  private static WorkerHeartbeat heartbeat(String worker, Instant at) {
    return WorkerHeartbeat.newBuilder()
        .setWorkerId(worker)
        .setPool("gpu")
        .setAt(at)
        .setSlots(2)
        .setSpare(1)
        .setDevices(
            List.of(
                new Device("a processor", "cpu", 4L << 30, 3L << 29),
                new Device("a card", "cuda", 8L << 30, null)))
        .setRunning(List.of())
        .build();
  }
}
