package io.espalier.streams.topology;

import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.Dispatcher;
import io.espalier.streams.domain.pool.ForPool;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import io.espalier.streams.domain.pool.PoolWorker;
import io.espalier.streams.domain.pool.PooledJob;
import io.espalier.streams.wire.CoordinatorTopics;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Gives the jobs of each pool to its workers as they have slots, and forwards whose turn it was.
 */
final class DispatchJobs implements ProcessorSupplier<String, ForPool, String, DispatchDecision> {
  static final String JOBS = "pool-jobs";

  private final CoordinatorTopics wire;
  private final Predicate<String> poolHasTopic;
  private final InputTimes inputs;

  DispatchJobs(CoordinatorTopics wire, Predicate<String> poolHasTopic, InputTimes inputs) {
    this.wire = wire;
    this.poolHasTopic = poolHasTopic;
    this.inputs = inputs;
  }

  @Override
  public Set<StoreBuilder<?>> stores() {
    return Set.of(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(JOBS), Serdes.String(), wire.placed()));
  }

  @Override
  public Processor<String, ForPool, String, DispatchDecision> get() {
    return new Dispatching();
  }

  /*
   * A pool with thousands of waiting jobs cannot be read and written as one record for each of them.
   * So it is kept as one record per job, only what a turn changed is written, and the whole is put
   * together once, in init, which Kafka calls before anything else and again if the task is revived
   * after an aborted transaction. Of workers nothing is kept: their next heartbeats tell.
   */
  @SuppressWarnings("NullAway.Init")
  private final class Dispatching implements Processor<String, ForPool, String, DispatchDecision> {
    private final KnownPools pools = new KnownPools();
    private final WorkerClocks clocks = new WorkerClocks();
    private ProcessorContext<String, DispatchDecision> context;
    private KeyValueStore<String, PooledJob> jobs;

    @Override
    public void init(ProcessorContext<String, DispatchDecision> context) {
      this.context = context;
      jobs = context.getStateStore(JOBS);
      pools.clear();
      try (KeyValueIterator<String, PooledJob> all = jobs.all()) {
        all.forEachRemaining(job -> restore(poolOf(job.key), job.value));
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
      Instant now = Instant.ofEpochMilli(context.currentSystemTimeMs());
      Pool before = pools.get(name);
      DispatchDecision turn = Dispatcher.advance(before, event(message, now), now);
      store(name, turn);
      if (!turn.released().isEmpty()) {
        context.forward(new Record<>(name, turn, now.toEpochMilli()));
      }
    }

    /**
     * A heartbeat that is read late says nothing of now. How old it can be is known by where it
     * lies, since the times in it and of its record are those of other clocks.
     */
    private PoolEvent event(Record<String, ForPool> message, Instant now) {
      if (!(message.value().event() instanceof WorkerAlive alive)) {
        return message.value().event();
      }
      PoolWorker worker = alive.worker();
      if (worker.capacity().slots() > 0) {
        requireTopic(message.value().pool(), worker.id());
      }
      Instant written = writtenSince(now);
      clocks.heard(worker.id(), worker.seenAt(), written, now);
      return new WorkerAlive(
          new PoolWorker(worker.id(), worker.capacity(), worker.holds(), written));
    }

    /** Not later than now, whatever has happened to this process's clock meanwhile. */
    private Instant writtenSince(Instant now) {
      RecordMetadata at = context.recordMetadata().orElseThrow();
      Instant since =
          inputs.writtenSince(new TopicPartition(at.topic(), at.partition()), at.offset());
      return since.isBefore(now) ? since : now;
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

    private void store(String name, DispatchDecision turn) {
      Set<JobId> released = new HashSet<>();
      turn.released().forEach(job -> released.add(job.id()));
      turn.ended().forEach(job -> jobs.delete(key(name, job)));
      turn.admitted().stream()
          .filter(job -> !released.contains(job.id()))
          .forEach(job -> jobs.put(key(name, job.id()), new PooledJob.Waiting(job)));
      turn.released().forEach(job -> jobs.put(key(name, job.id()), new PooledJob.AtWork(job)));
      pools.took(name, turn);
    }

    private void restore(String name, PooledJob job) {
      Pool pool = pools.get(name);
      pools.put(name, job.match(w -> pool.waiting(w.job()), w -> pool.working(w.job())));
    }

    private static String key(String pool, JobId job) {
      return pool + "/" + job;
    }

    private static String poolOf(String key) {
      return key.substring(0, key.indexOf('/'));
    }
  }
}
