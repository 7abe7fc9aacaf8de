package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.RunningStage;
import io.espalier.event.WorkerHeartbeat;
import io.espalier.standalone.report.Result;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PoolsTest {
  private static final Instant NOON = SampleRun.NOON;

  @Test
  void each_pool_shows_its_workers_and_its_line_and_one_that_nobody_serves_says_so() {
    WorkerHeartbeat busy = heartbeat("busy", NOON);
    busy.setRunning(
        List.of(
            new RunningStage("run-1", 0, 1, true, 1), new RunningStage("run-2", 0, 1, false, 1)));
    var known =
        new Pools.Known(
            Set.of("cpu", "gpu"),
            List.of(busy, heartbeat("idle", NOON), heartbeat("silent", NOON.minusSeconds(90))),
            Map.of(
                "gpu", new Pools.Line(3, NOON.minusSeconds(125)),
                "h200", new Pools.Line(1, NOON.minusSeconds(60))));

    Result result = Pools.result(known, NOON, OptionalInt.empty());

    assertThat(result.table().lines())
        .containsExactly(
            "pool  workers  slots  busy  waiting  longest wait  note",
            "cpu         2      4     1        0",
            "gpu         0      0     0        3  2m5s          no worker serves pool 'gpu';"
                + " `espalier worker --pool gpu` would",
            "h200        0      0     0        1  1m            no worker serves pool 'h200';"
                + " `espalier setup --pool h200` and `espalier worker --pool h200` would");
    assertThat(result.json().at("/pools/1").toString())
        .isEqualTo(
            "{\"pool\":\"gpu\",\"workers\":0,\"slots\":0,\"busy\":0,\"waiting\":3,"
                + "\"waitingSeconds\":125,\"note\":\"no worker serves pool 'gpu';"
                + " `espalier worker --pool gpu` would\"}");
    assertThat(result.names()).contains(List.of("cpu", "gpu", "h200"));
  }

  private static WorkerHeartbeat heartbeat(String worker, Instant at) {
    return WorkerHeartbeat.newBuilder()
        .setWorkerId(worker)
        .setPool("cpu")
        .setAt(at)
        .setSlots(2)
        .setDevices(List.of())
        .setRunning(List.of())
        .build();
  }
}
