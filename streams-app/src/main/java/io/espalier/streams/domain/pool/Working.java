package io.espalier.streams.domain.pool;

import io.espalier.streams.domain.job.JobId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The jobs of a pool that are with workers. */
final class Working {
  static final Working NOTHING = new Working(Index.empty(), Map.of());

  private final Index<JobId, InFlight> jobs;
  private final Map<String, Integer> byTenant;

  private Working(Index<JobId, InFlight> jobs, Map<String, Integer> byTenant) {
    this.jobs = jobs;
    this.byTenant = byTenant;
  }

  int size() {
    return jobs.size();
  }

  int of(String tenant) {
    return byTenant.getOrDefault(tenant, 0);
  }

  Optional<InFlight> get(JobId id) {
    return jobs.get(id);
  }

  List<InFlight> jobs() {
    return jobs.values();
  }

  Working with(InFlight job) {
    Map<String, Integer> tenants = new HashMap<>(byTenant);
    tenants.merge(job.tenant(), 1, Integer::sum);
    return new Working(jobs.put(job.id(), job), tenants);
  }

  Working without(InFlight job) {
    Map<String, Integer> tenants = new HashMap<>(byTenant);
    tenants.computeIfPresent(job.tenant(), (tenant, count) -> count == 1 ? null : count - 1);
    return new Working(jobs.remove(job.id()), tenants);
  }
}
