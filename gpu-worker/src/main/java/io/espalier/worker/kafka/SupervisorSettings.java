package io.espalier.worker.kafka;

import io.espalier.schemas.Topics;
import io.espalier.worker.stage.WorkerHome;
import java.util.Map;

/**
 * What a supervisor needs to know.
 *
 * @param clients properties of every Kafka client: bootstrap servers, security
 * @param topics where it reads and writes
 * @param identity who it is
 * @param lease how commands are leased
 * @param inputs what it reads on behalf of commands
 * @param home where its jobs, checkpoints, scores and stored results lie
 */
public record SupervisorSettings(
    Map<String, Object> clients,
    Topics topics,
    WorkerIdentity identity,
    Lease lease,
    InputRules inputs,
    WorkerHome home) {
  /** Settings; the map is copied. */
  public SupervisorSettings {
    clients = Map.copyOf(clients);
  }

  /** The share group through which this pool's commands are claimed. */
  public String group() {
    return topics.prefix() + "workers." + identity.pool();
  }
}
