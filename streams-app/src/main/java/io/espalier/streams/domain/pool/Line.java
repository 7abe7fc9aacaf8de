package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.Job;
import io.espalier.streams.domain.job.JobId;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/** The jobs of a pool that wait: per tenant by priority, then age. */
final class Line {
  /** Where a job stands in its tenant's line. */
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

  static final Line EMPTY = new Line(Index.empty(), Map.of());

  private final Index<JobId, Job> jobs;
  private final Map<String, Index<Place, Job>> byTenant;

  private Line(Index<JobId, Job> jobs, Map<String, Index<Place, Job>> byTenant) {
    this.jobs = jobs;
    this.byTenant = byTenant;
  }

  Optional<Job> get(JobId id) {
    return jobs.get(id);
  }

  int size() {
    return jobs.size();
  }

  List<Job> jobs() {
    return jobs.values();
  }

  Line with(Job job) {
    Map<String, Index<Place, Job>> tenants = new HashMap<>(byTenant);
    Index<Place, Job> own = tenants.getOrDefault(job.tenant(), Index.empty());
    tenants.put(job.tenant(), own.put(Place.of(job), job));
    return new Line(jobs.put(job.id(), job), tenants);
  }

  Line without(Job job) {
    Map<String, Index<Place, Job>> tenants = new HashMap<>(byTenant);
    tenants.computeIfPresent(
        job.tenant(),
        (tenant, own) -> {
          Index<Place, Job> rest = own.remove(Place.of(job));
          return rest.isEmpty() ? null : rest;
        });
    return new Line(jobs.remove(job.id()), tenants);
  }

  /**
   * The job whose turn it is: of the highest priority, of the tenant with the least, the oldest.
   *
   * @param running how many jobs of a tenant are with workers
   * @param share how far a tenant has come
   */
  Optional<Job> next(ToLongFunction<String> running, ToLongFunction<String> share) {
    return byTenant.values().stream()
        .flatMap(own -> own.first().stream())
        .min(
            Comparator.comparing(Job::priority)
                .reversed()
                .thenComparing(job -> running.applyAsLong(job.tenant()))
                .thenComparing(job -> share.applyAsLong(job.tenant()))
                .thenComparing(Job::queuedAt)
                .thenComparing(Job::id));
  }
}
