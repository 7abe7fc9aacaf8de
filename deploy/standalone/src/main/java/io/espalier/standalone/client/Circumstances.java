package io.espalier.standalone.client;

import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.standalone.client.topic.Cluster;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Facts besides a run that are needed to tell its state.
 *
 * @param now what ages are counted to
 * @param served the pools of which a worker was heard of lately that takes work
 */
record Circumstances(Instant now, Set<String> served) {
  Circumstances {
    served = Set.copyOf(served);
  }

  /** Looks up what matters for some runs. */
  static Circumstances of(Cluster cluster, Iterable<Run> runs) {
    Instant now = Instant.now();
    for (Run run : runs) {
      if (run.getState() == RunState.QUEUED) {
        return new Circumstances(now, Workers.served(cluster, now));
      }
    }
    return new Circumstances(now, Set.of());
  }

  /** Returns why a run that waits for a worker will go on waiting, if there is a reason. */
  Optional<String> unserved(Run run) {
    return run.getState() == RunState.QUEUED && !served.contains(run.getPool())
        ? Optional.of("no worker serves pool '%s'".formatted(run.getPool()))
        : Optional.empty();
  }
}
