package io.espalier.streams.topology;

import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.policy.Policy;
import io.espalier.streams.domain.run.RunId;

/**
 * Ids of the runs of an installation, each at home in the partition of its model.
 *
 * @param partitions partitions of the keyed topics
 */
public record RunIds(int partitions) {
  /** Returns the run that comes of a registration, whoever sends it. */
  public RunId of(Model model, Policy policy) {
    int home = LocatedRecord.partition(model.ref().name(), partitions);
    return RunId.of(model, policy, id -> LocatedRecord.partition(id, partitions) == home);
  }
}
