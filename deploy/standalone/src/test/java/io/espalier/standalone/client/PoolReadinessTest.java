package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.WorkerHeartbeat;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PoolReadinessTest {
  private static final Instant NOW = SampleRun.NOON;

  @Test
  void a_pool_without_a_topic_is_told_with_the_pools_that_are_there() {
    var pools = new PoolReadiness(List.of("default", "gpu"), Map.of("gpu", 2));

    assertThat(pools.problem("h200"))
        .contains(
            "the pool 'h200' has no topic of commands, so models would wait for ever; there are the"
                + " pools default, gpu. `espalier setup --pool h200` makes this one");
    assertThat(new PoolReadiness(List.of(), Map.of()).problem("gpu").orElseThrow())
        .contains("; there are no pools. `espalier setup --pool gpu`");
  }

  @Test
  void a_pool_that_no_worker_serves_is_told_and_one_that_is_served_is_not() {
    var pools = new PoolReadiness(List.of("default", "gpu"), Map.of("gpu", 2));

    assertThat(pools.problem("default").orElseThrow())
        .startsWith("no worker serves the pool 'default', so models wait until one does")
        .contains("espalier worker --pool default");
    assertThat(pools.problem("gpu")).isEmpty();
    assertThat(pools.workersOf("gpu")).isEqualTo(2);
  }

  @Test
  void workers_count_by_their_newest_sign_of_life_if_they_are_in_service() {
    List<WorkerHeartbeat> heard =
        List.of(
            heartbeat("a", "gpu", 5, 1),
            heartbeat("a", "gpu", 1, 1),
            heartbeat("b", "gpu", 2, 1),
            heartbeat("silent", "gpu", 31, 1),
            heartbeat("stopping", "gpu", 3, 1),
            heartbeat("stopping", "gpu", 2, 0),
            outOfService(heartbeat("broken", "gpu", 1, 1)),
            heartbeat("c", "default", 1, 4));

    assertThat(PoolReadiness.serving(heard, NOW)).isEqualTo(Map.of("gpu", 2, "default", 1));
  }

  private static WorkerHeartbeat outOfService(WorkerHeartbeat heartbeat) {
    heartbeat.setOutOfService("its disk is full");
    return heartbeat;
  }

  private static WorkerHeartbeat heartbeat(String worker, String pool, int secondsAgo, int slots) {
    return WorkerHeartbeat.newBuilder()
        .setWorkerId(worker)
        .setPool(pool)
        .setAt(NOW.minusSeconds(secondsAgo))
        .setSlots(slots)
        .setDevices(List.of())
        .setRunning(List.of())
        .build();
  }
}
