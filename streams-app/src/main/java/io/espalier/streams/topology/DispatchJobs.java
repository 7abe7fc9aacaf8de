package io.espalier.streams.topology;

import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.Dispatcher;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.InFlight;
import io.espalier.streams.domain.pool.Placed;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.Staff;
import io.espalier.streams.domain.pool.Turn;
import io.espalier.streams.wire.Wire;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Gives the jobs of each pool to its workers as they have slots, and forwards whose turn it was.
 */
final class DispatchJobs implements ProcessorSupplier<String, ForPool, String, Turn> {
  static final String POOLS = "pools";
  static final String JOBS = "pool-jobs";

  private final Wire wire;
  private final Predicate<String> poolHasTopic;

  DispatchJobs(Wire wire, Predicate<String> poolHasTopic) {
    this.wire = wire;
    this.poolHasTopic = poolHasTopic;
  }

  @Override
  public Set<StoreBuilder<?>> stores() {
    // In an order of its own, or the topology's description would differ from start to start.
    return new LinkedHashSet<>(
        List.of(
            Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(JOBS), Serdes.String(), wire.placed()),
            Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore(POOLS), Serdes.String(), wire.staff())));
  }

  @Override
  public Processor<String, ForPool, String, Turn> get() {
    return new Dispatching();
  }

  /*
   * A pool with thousands of waiting jobs cannot be read and written as one record for each of them.
   * So a pool is kept as one record per job and one for the rest, only what a turn changed is
   * written, and the whole is put together once, in init, which Kafka calls before anything else and
   * again if the task is revived after an aborted transaction.
   */
  @SuppressWarnings("NullAway.Init")
  private final class Dispatching implements Processor<String, ForPool, String, Turn> {
    private final Map<String, Pool> pools = new HashMap<>();
    private ProcessorContext<String, Turn> context;
    private KeyValueStore<String, Staff> staffs;
    private KeyValueStore<String, Placed> jobs;

    @Override
    public void init(ProcessorContext<String, Turn> context) {
      this.context = context;
      staffs = context.getStateStore(POOLS);
      jobs = context.getStateStore(JOBS);
      pools.clear();
      try (KeyValueIterator<String, Staff> all = staffs.all()) {
        all.forEachRemaining(
            staff -> pools.put(staff.key, Pool.of(staff.value.workers(), staff.value.shares())));
      }
      try (KeyValueIterator<String, Placed> all = jobs.all()) {
        all.forEachRemaining(job -> pools.compute(poolOf(job.key), (n, p) -> put(p, job.value)));
      }
    }

    @Override
    public void process(Record<String, ForPool> message) {
      String name = message.value().pool();
      if (!name.equals(message.key())) {
        throw new RefusedException(
            "message for pool '%s'".formatted(name),
            List.of("its key must be the pool, found '%s'".formatted(message.key())));
      }
      if (message.value().event() instanceof WorkerAlive alive && alive.slots() > 0) {
        requireTopic(name, alive.workerId());
      }
      Instant now = Instant.ofEpochMilli(context.currentSystemTimeMs());
      Pool before = pools.getOrDefault(name, Pool.empty());
      Turn turn = Dispatcher.advance(before, message.value().event(), now);
      store(name, before, turn);
      context.forward(new Record<>(name, turn, now.toEpochMilli()));
    }

    /** A worker whose commands cannot be sent has no slots, whatever it says. */
    private void requireTopic(String pool, String worker) {
      if (!poolHasTopic.test(pool)) {
        throw new RefusedException(
            "heartbeat of worker '%s'".formatted(worker),
            List.of(
                "pool '%s' has no topic stage-commands.%s for its commands; create it with `espalier setup`"
                    .formatted(pool, pool)));
      }
    }

    private void store(String name, Pool before, Turn turn) {
      Pool after = turn.pool();
      turn.ended().forEach(job -> jobs.delete(key(name, job)));
      turn.admitted().stream()
          .filter(job -> !turn.released().contains(job))
          .forEach(job -> jobs.put(key(name, job.id()), new Placed.Waiting(job)));
      turn.released().forEach(job -> jobs.put(key(name, job.id()), atWork(job)));
      Staff staff = new Staff(after.workers(), after.shares());
      if (!staff.equals(new Staff(before.workers(), before.shares()))) {
        staffs.put(name, staff);
      }
      pools.put(name, after);
    }

    private static Placed atWork(Job job) {
      return new Placed.AtWork(new InFlight(job.id(), job.tenant()));
    }

    private static Pool put(Pool known, Placed job) {
      Pool pool = known == null ? Pool.empty() : known;
      return job.match(w -> pool.waiting(w.job()), w -> pool.working(w.job()));
    }

    private static String key(String pool, JobId job) {
      return pool + "/" + job;
    }

    private static String poolOf(String key) {
      return key.substring(0, key.indexOf('/'));
    }
  }
}
