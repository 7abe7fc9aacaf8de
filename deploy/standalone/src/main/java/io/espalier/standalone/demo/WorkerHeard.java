package io.espalier.standalone.demo;

import io.espalier.event.WorkerHeartbeat;
import io.espalier.schemas.TransientFailures;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.report.Narration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Check for a worker that can take work: only one heard of, and in service, gets any. */
final class WorkerHeard implements AutoCloseable {
  private final Address address;
  private final Instant begin;
  private final Narration narration;
  private @Nullable Cluster cluster;
  private String told = "";

  /** Listens for signs of life since a time, and tells why a worker takes no work. */
  WorkerHeard(Address address, Instant begin, Narration narration) {
    this.address = address;
    this.begin = begin;
    this.narration = narration;
  }

  /** Returns whether the last sign of life says so. */
  boolean works() {
    try {
      List<WorkerHeartbeat> beats =
          since().stream().filter(beat -> beat.getAt().isAfter(begin)).toList();
      return !beats.isEmpty() && takesWork(beats.get(beats.size() - 1));
    } catch (RuntimeException failed) {
      if (failed instanceof UnreachableException || TransientFailures.include(failed)) {
        close();
        return false;
      }
      throw failed;
    }
  }

  private List<WorkerHeartbeat> since() {
    if (cluster == null) {
      cluster = Cluster.connect(address);
    }
    return cluster.since(cluster.topics().workerHeartbeats(), begin);
  }

  private boolean takesWork(WorkerHeartbeat beat) {
    String problem = Objects.requireNonNullElse(beat.getOutOfService(), "");
    if (!problem.isEmpty() && !problem.equals(told)) {
      narration.say("the worker is out of service: " + problem);
      told = problem;
    }
    return problem.isEmpty() && beat.getSlots() > 0;
  }

  @Override
  public void close() {
    if (cluster != null) {
      cluster.close();
      cluster = null;
    }
  }
}
