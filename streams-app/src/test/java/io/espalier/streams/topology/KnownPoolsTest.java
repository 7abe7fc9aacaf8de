package io.espalier.streams.topology;

import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.pool.Dispatcher;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.PoolWorker;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class KnownPoolsTest {
  private static final Duration HEARTBEAT = Duration.ofSeconds(1);

  private final KnownPools pools = new KnownPools();

  @Test
  void pools_that_one_heartbeat_names_are_forgotten_when_their_workers_are_dead() {
    Instant now = START;
    for (int i = 0; i < 10_000; i++) {
      now = now.plus(HEARTBEAT);
      hear("pool-" + i, now);
      // Those of the last half minute are alive, and those of the half minute before not looked at.
      assertThat(pools.size()).isLessThanOrEqualTo(61);
    }

    assertThat(pools.get("pool-0").workers()).isEmpty();
    assertThat(pools.get("pool-9999").workers()).hasSize(1);
  }

  @Test
  void a_pool_with_a_job_that_waits_or_is_on_its_way_is_kept_without_workers() {
    var job = Samples.job(1, "vision", 0, START);
    pools.put("waiting", Pool.empty().waiting(job));
    hear("working", START);
    pools.took("working", Dispatcher.advance(pools.get("working"), new JobQueued(job), START));

    hear("other", START.plus(Duration.ofDays(1)));

    assertThat(pools.get("waiting").waiting()).containsExactly(job);
    assertThat(pools.get("working").waiting()).isEmpty();
    assertThat(pools.get("working").inFlightCount()).isEqualTo(1);
  }

  @Test
  void a_pool_whose_last_job_has_ended_is_forgotten() {
    var job = Samples.job(1, "vision", 0, START);
    pools.took("default", Dispatcher.advance(Pool.empty(), new JobQueued(job), START));
    Instant later = START.plus(PoolWorker.EXPIRY);

    pools.took("default", Dispatcher.advance(pools.get("default"), new JobEnded(job.id()), later));

    assertThat(pools.size()).isZero();
  }

  private void hear(String pool, Instant now) {
    var worker = new PoolWorker("w1", new PoolWorker.Capacity(1, 0), Map.of(), now);
    pools.took(pool, Dispatcher.advance(pools.get(pool), new WorkerAlive(worker), now));
  }
}
