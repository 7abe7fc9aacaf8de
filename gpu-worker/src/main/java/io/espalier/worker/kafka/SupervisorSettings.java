package io.espalier.worker.kafka;

import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.claim.Lease;
import io.espalier.worker.kafka.record.WorkerIdentity;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.StallLimits;
import io.espalier.worker.stage.job.WorkerHome;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Settings of a supervisor.
 *
 * @param clients properties of every Kafka client: bootstrap servers, security
 * @param topics where it reads and writes
 * @param identity who it is
 * @param lease how commands are leased
 * @param stall how long a stage may show the same progress
 * @param inputs what it reads on behalf of commands
 * @param home where its jobs, checkpoints, scores and stored results lie
 * @param checks what it needs to be able to work, each in words what is wrong, by name
 */
public record SupervisorSettings(
    Map<String, Object> clients,
    Topics topics,
    WorkerIdentity identity,
    Lease lease,
    StallLimits stall,
    InputRules inputs,
    WorkerHome home,
    Map<String, Supplier<Optional<String>>> checks) {
  /** Settings; the maps are copied. */
  public SupervisorSettings {
    clients = Map.copyOf(clients);
    checks = Map.copyOf(checks);
  }

  /** The share group through which this pool's commands are claimed. */
  public String group() {
    return topics.prefix() + "workers." + identity.pool();
  }
}
