package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The jobs of a pool that wait, and whose turn it is: the highest priority, then the tenant with
 * the fewest jobs at work, then the one that is behind in its share, then the oldest.
 */
final class WaitingLine {
  /*
   * Start-time fair queueing [1] with equal weights. A tenant has a start: the pool's clock when it
   * began to wait, one more with each job of it that is released. The clock is the start of the last
   * job that was. A tenant that comes back after a pause starts at the clock, so it neither waits
   * behind the others' long lines nor makes up for its absence. Of a tenant that neither waits nor
   * works nothing is kept: there may be as many as there are names.
   *
   * [1] Goyal, Vin and Cheng, Start-time Fair Queuing, SIGCOMM 1996.
   */

  /** Place of a job in its tenant's line. */
  private record Place(int priority, Instant queuedAt, JobId id) implements Comparable<Place> {
    private static final Comparator<Place> ORDER =
        Comparator.comparing(Place::priority)
            .reversed()
            .thenComparing(Place::queuedAt)
            .thenComparing(Place::id);

    static Place of(Job job) {
      return new Place(job.priority(), job.queuedAt(), job.id());
    }

    @Override
    public int compareTo(Place other) {
      return ORDER.compare(this, other);
    }
  }

  /** Rank of a tenant among the tenants, by its first job. */
  private record Rank(int priority, int working, long start, Place first)
      implements Comparable<Rank> {
    private static final Comparator<Rank> ORDER =
        Comparator.comparing(Rank::priority)
            .reversed()
            .thenComparing(Rank::working)
            .thenComparing(Rank::start)
            .thenComparing(Rank::first);

    @Override
    public int compareTo(Rank other) {
      return ORDER.compare(this, other);
    }
  }

  /** A tenant that waits or works. */
  private record Tenant(PersistentTreap<Place, Job> waiting, int working, long start) {
    Optional<Rank> rank() {
      return waiting.first().map(job -> new Rank(job.priority(), working, start, Place.of(job)));
    }

    boolean gone() {
      return waiting.isEmpty() && working == 0;
    }
  }

  static final WaitingLine EMPTY =
      new WaitingLine(PersistentTreap.empty(), PersistentTreap.empty(), PersistentTreap.empty(), 0);

  private final PersistentTreap<JobId, Job> jobs;
  private final PersistentTreap<String, Tenant> tenants;
  private final PersistentTreap<Rank, Job> turns;
  private final long clock;

  private WaitingLine(
      PersistentTreap<JobId, Job> jobs,
      PersistentTreap<String, Tenant> tenants,
      PersistentTreap<Rank, Job> turns,
      long clock) {
    this.jobs = jobs;
    this.tenants = tenants;
    this.turns = turns;
    this.clock = clock;
  }

  Optional<Job> get(JobId id) {
    return jobs.get(id);
  }

  int size() {
    return jobs.size();
  }

  /** Number of tenants of which something is kept. */
  int tenants() {
    return tenants.size();
  }

  /** The jobs in the order of their ids. */
  List<Job> jobs() {
    return jobs.values();
  }

  /** The job whose turn it is. */
  Optional<Job> next() {
    return turns.first();
  }

  WaitingLine with(Job job) {
    Tenant tenant = tenant(job.tenant());
    long start = tenant.waiting().isEmpty() ? Math.max(clock, tenant.start()) : tenant.start();
    Tenant more = new Tenant(tenant.waiting().put(Place.of(job), job), tenant.working(), start);
    return put(jobs.put(job.id(), job), job.tenant(), more, clock);
  }

  WaitingLine without(Job job) {
    Tenant tenant = tenant(job.tenant());
    Tenant fewer =
        new Tenant(tenant.waiting().remove(Place.of(job)), tenant.working(), tenant.start());
    return put(jobs.remove(job.id()), job.tenant(), fewer, clock);
  }

  /** A waiting job goes to the workers. */
  WaitingLine released(Job job) {
    Tenant tenant = tenant(job.tenant());
    Tenant served =
        new Tenant(
            tenant.waiting().remove(Place.of(job)), tenant.working() + 1, tenant.start() + 1);
    return put(jobs.remove(job.id()), job.tenant(), served, tenant.start());
  }

  /** A job of a tenant is with the workers. */
  WaitingLine working(String name) {
    Tenant tenant = tenant(name);
    return put(
        jobs, name, new Tenant(tenant.waiting(), tenant.working() + 1, tenant.start()), clock);
  }

  /** A job of a tenant is not with the workers any more. */
  WaitingLine ended(String name) {
    Tenant tenant = tenant(name);
    return put(
        jobs, name, new Tenant(tenant.waiting(), tenant.working() - 1, tenant.start()), clock);
  }

  private Tenant tenant(String name) {
    return tenants.get(name).orElse(new Tenant(PersistentTreap.empty(), 0, clock));
  }

  private WaitingLine put(
      PersistentTreap<JobId, Job> nextJobs, String name, Tenant tenant, long nextClock) {
    PersistentTreap<Rank, Job> others =
        tenants.get(name).flatMap(Tenant::rank).map(turns::remove).orElse(turns);
    PersistentTreap<Rank, Job> nextTurns =
        tenant
            .rank()
            .map(rank -> others.put(rank, tenant.waiting().first().orElseThrow()))
            .orElse(others);
    PersistentTreap<String, Tenant> nextTenants =
        tenant.gone() ? tenants.remove(name) : tenants.put(name, tenant);
    return new WaitingLine(nextJobs, nextTenants, nextTurns, nextClock);
  }
}
