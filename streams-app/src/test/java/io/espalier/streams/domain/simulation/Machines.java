package io.espalier.streams.domain.simulation;

import io.espalier.streams.domain.pool.DispatchDecision;
import io.espalier.streams.domain.pool.Dispatcher;
import io.espalier.streams.domain.pool.Pool;
import io.espalier.streams.domain.pool.PoolEvent;
import io.espalier.streams.domain.run.KeptRun;
import io.espalier.streams.domain.run.RunDecision;
import io.espalier.streams.domain.run.RunEvent;
import io.espalier.streams.domain.run.RunMachine;
import io.espalier.streams.domain.run.RunSettings;
import java.time.Instant;
import java.util.Optional;

/** Machines of a simulation: the real ones unless a mistake is planted. */
class Machines {
  private final RunMachine runs =
      new RunMachine(RunSettings.under("file:///artifacts"), () -> "token");

  RunDecision decide(Optional<KeptRun> kept, RunEvent event, Instant now) {
    return runs.decide(kept, event, now);
  }

  DispatchDecision turn(Pool pool, PoolEvent event, Instant now) {
    return Dispatcher.advance(pool, event, now);
  }

  /**
   * Returns when a heartbeat was written, of the times by its worker's and the coordinator's clock.
   */
  Instant written(Instant byWorker, Instant byCoordinator) {
    return byCoordinator;
  }

  /** Returns whether a crash takes back what was sent and not committed. */
  boolean sendsOnlyWhatIsCommitted() {
    return true;
  }
}
