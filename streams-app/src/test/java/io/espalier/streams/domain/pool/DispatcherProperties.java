package io.espalier.streams.domain.pool;

import static io.espalier.streams.domain.Samples.START;
import static io.espalier.streams.domain.Samples.job;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import io.espalier.streams.domain.pool.PoolEvent.JobEnded;
import io.espalier.streams.domain.pool.PoolEvent.JobQueued;
import io.espalier.streams.domain.pool.PoolEvent.WorkerAlive;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever happens to a pool, the dispatcher keeps to the slots, the priorities and the shares. */
final class DispatcherProperties {
  private static final int JOBS = 12;

  /** An event and the time since the one before. */
  record Step(PoolEvent event, Duration later) {}

  @Property(seed = PropertySeed.FIXED)
  void every_released_job_was_waiting_and_is_released_once(
      @ForAll("histories") List<Step> history) {
    Watched watched = new Watched();
    Set<JobId> released = new HashSet<>();
    for (Step step : history) {
      Pool before = watched.pool;
      DispatchDecision turn = watched.take(step);
      for (InFlight flying : released(turn)) {
        Job job = flying.job().orElseThrow();
        boolean waited = before.waiting().contains(job) || turn.admitted().contains(job);
        assertThat(waited).as("%s waited", job.id()).isTrue();
        assertThat(released.add(job.id())).as("%s was not out already", job.id()).isTrue();
        assertThat(turn.pool().waiting()).doesNotContain(job);
      }
      // A job that has ended may be queued again: then it is a new one for the pool.
      released.removeAll(turn.ended());
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void jobs_are_released_only_into_slots_of_live_workers_and_no_such_slot_is_left_empty(
      @ForAll("histories") List<Step> history) {
    Watched watched = new Watched();
    for (Step step : history) {
      DispatchDecision turn = watched.take(step);

      int slots = watched.slots();
      if (!released(turn).isEmpty()) {
        assertThat(turn.pool().inFlightCount()).isLessThanOrEqualTo(slots);
      }
      if (!turn.pool().waiting().isEmpty()) {
        assertThat(turn.pool().inFlightCount()).isGreaterThanOrEqualTo(slots);
      }
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void nobody_is_overtaken_by_a_lower_priority_a_better_served_tenant_or_a_younger_job(
      @ForAll("histories") List<Step> history) {
    Watched watched = new Watched();
    for (Step step : history) {
      Map<String, Integer> running = new HashMap<>();
      Pool before = watched.pool;
      DispatchDecision turn = watched.take(step);
      before.inFlight().stream()
          .filter(job -> !turn.ended().contains(job.id()))
          .forEach(job -> running.merge(job.tenant(), 1, Integer::sum));
      List<Job> waiting = new ArrayList<>(before.waiting());
      waiting.addAll(turn.admitted());
      for (InFlight flying : released(turn)) {
        Job chosen = flying.job().orElseThrow();
        waiting.remove(chosen);
        assertThat(waiting)
            .filteredOn(job -> !turn.ended().contains(job.id()))
            .allSatisfy(other -> assertMayWait(other, chosen, running));
        running.merge(chosen.tenant(), 1, Integer::sum);
      }
    }
  }

  private static void assertMayWait(Job other, Job chosen, Map<String, Integer> running) {
    assertThat(other.priority()).isLessThanOrEqualTo(chosen.priority());
    if (other.priority() < chosen.priority()) {
      return;
    }
    if (other.tenant().equals(chosen.tenant())) {
      assertThat(other.queuedAt()).isAfterOrEqualTo(chosen.queuedAt());
    } else {
      assertThat(running.getOrDefault(other.tenant(), 0))
          .isGreaterThanOrEqualTo(running.getOrDefault(chosen.tenant(), 0));
    }
  }

  /** While both always have jobs waiting and the number of slots stays, whoever ends when. */
  @Property(seed = PropertySeed.FIXED, tries = 300)
  void two_tenants_with_equal_demand_have_equally_many_jobs_at_work_to_one(
      @ForAll @IntRange(min = 1, max = 7) int slots,
      @ForAll @Size(max = 60) List<@IntRange(min = 0, max = 100) Integer> ends) {
    Pool pool = demand(slots, ends.size() + slots);
    for (int end : ends) {
      List<InFlight> working = pool.inFlight();
      pool = end(pool, working.get(end % working.size()).id()).pool();

      long a = pool.inFlight().stream().filter(job -> job.tenant().equals("a")).count();
      long b = pool.inFlightCount() - a;
      assertThat(Math.abs(a - b)).isLessThanOrEqualTo(1);
    }
  }

  /** Start-time fair queueing's bound; a slot's time is not shared, the number of turns is. */
  @Property(seed = PropertySeed.FIXED, tries = 300)
  void two_tenants_with_equal_demand_take_turns_at_a_single_slot(
      @ForAll @IntRange(min = 1, max = 60) int turns) {
    Pool pool = demand(1, turns + 1);
    Map<String, Integer> served = new HashMap<>();
    for (int i = 0; i < turns; i++) {
      InFlight working = pool.inFlight().get(0);
      served.merge(working.tenant(), 1, Integer::sum);
      pool = end(pool, working.id()).pool();

      int difference = served.getOrDefault("a", 0) - served.getOrDefault("b", 0);
      assertThat(Math.abs(difference)).isLessThanOrEqualTo(1);
    }
  }

  /** Slots that two tenants share, each with so many jobs, the first tenant's all older. */
  private static Pool demand(int slots, int jobsEach) {
    Pool pool = Pool.empty();
    for (int i = 0; i < 2 * jobsEach; i++) {
      String tenant = i < jobsEach ? "a" : "b";
      pool = queue(pool, job(i, tenant, 0, START.plusMillis(i)));
    }
    return Dispatcher.advance(pool, alive("w", slots, START), START).pool();
  }

  private static Pool queue(Pool pool, Job job) {
    return Dispatcher.advance(pool, new JobQueued(job), START).pool();
  }

  private static DispatchDecision end(Pool pool, JobId job) {
    return Dispatcher.advance(pool, new JobEnded(job), START);
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    Arbitrary<Duration> later = Arbitraries.integers().between(0, 12).map(Duration::ofSeconds);
    return Combinators.combine(events(), later).as(Step::new).list().ofMaxSize(60);
  }

  private static Arbitrary<PoolEvent> events() {
    Arbitrary<Integer> numbers = Arbitraries.integers().between(0, JOBS - 1);
    Arbitrary<PoolEvent> queued = numbers.map(n -> new JobQueued(numbered(n)));
    Arbitrary<PoolEvent> ended = numbers.map(n -> new JobEnded(numbered(n).id()));
    Arbitrary<PoolEvent> alive =
        Combinators.combine(Arbitraries.of("w1", "w2", "w3"), Arbitraries.integers().between(0, 3))
            .as((worker, slots) -> alive(worker, slots, START));
    return Arbitraries.oneOf(queued, queued, ended, alive);
  }

  /** Returns what was released for the first time, not sent again. */
  private static List<InFlight> released(DispatchDecision turn) {
    return turn.released().stream().filter(job -> job.sent().times() == 1).toList();
  }

  /** A worker that holds nothing yet: what is released is on its way. */
  private static WorkerAlive alive(String id, int slots, Instant at) {
    return new WorkerAlive(new PoolWorker(id, new PoolWorker.Capacity(slots, 0), Map.of(), at));
  }

  /** Tenant, priority and age are drawn by the number, so that the same job is the same again. */
  private static Job numbered(int n) {
    return job(n, n % 2 == 0 ? "a" : "b", n % 3, START.plusSeconds(n * 7 % 5));
  }

  /** A pool, and what a reader of its heartbeats knows of its slots. */
  private static final class Watched {
    private final Map<String, Integer> heartbeats = new HashMap<>();
    private final Map<String, Instant> heardAt = new HashMap<>();
    private Pool pool = Pool.empty();
    private Instant now = START;

    DispatchDecision take(Step step) {
      now = now.plus(step.later());
      PoolEvent event = step.event();
      if (event instanceof WorkerAlive alive) {
        PoolWorker worker = alive.worker();
        heartbeats.put(worker.id(), worker.capacity().slots());
        heardAt.put(worker.id(), now);
        event = alive(worker.id(), worker.capacity().slots(), now);
      }
      DispatchDecision turn = Dispatcher.advance(pool, event, now);
      pool = turn.pool();
      return turn;
    }

    int slots() {
      int slots = 0;
      for (String worker : heartbeats.keySet()) {
        Duration silent = Duration.between(heardAt.getOrDefault(worker, now), now);
        slots +=
            silent.compareTo(Duration.ofSeconds(30)) < 0 ? heartbeats.getOrDefault(worker, 0) : 0;
      }
      return slots;
    }
  }
}
