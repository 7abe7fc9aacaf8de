package io.espalier.it.chaos;

import io.espalier.standalone.local.JavaProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets faults happen to a system, and starts again whatever has ended, by a fault or by itself, as
 * a supervisor of services would.
 */
final class FaultDriver {
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration BEFORE = Duration.ofSeconds(10);

  private final ChaosSystem system;
  private final FaultPlan plan;
  private final Random random;
  private final Deque<Fault> drawn = new ArrayDeque<>();
  private final Map<Integer, Instant> workersAway = new HashMap<>();
  private final Map<Long, Instant> frozen = new HashMap<>();
  private Instant coordinatorAway = Instant.MIN;
  private Instant brokerAway = Instant.MIN;

  FaultDriver(ChaosSystem system, FaultPlan plan, long seed) {
    this.system = system;
    this.plan = plan;
    this.random = new Random(seed);
  }

  /** Lets faults happen for a time; when this returns, everything runs again. */
  void run(Duration time) {
    Instant end = Instant.now().plus(time);
    Instant next = Instant.now().plus(BEFORE);
    while (Instant.now().isBefore(end)) {
      if (Instant.now().isAfter(next)) {
        Fault fault = nextFault();
        System.out.println(Instant.now() + " " + fault);
        happen(fault, Instant.now());
        next = Instant.now().plus(plan.pause(random, fault));
      }
      heal(Instant.now());
      LockSupport.parkNanos(LOOK.toNanos());
    }
    heal(Instant.MAX);
  }

  private Fault nextFault() {
    if (drawn.isEmpty()) {
      drawn.addAll(plan.round(random, system.workerCount()));
    }
    return drawn.remove();
  }

  /** Ends every fault that is due, and starts what ended by itself. */
  void heal(Instant now) {
    if (!system.broker().alive() && !brokerAway.isAfter(now)) {
      system.broker().startAgain();
    }
    Iterator<Map.Entry<Long, Instant>> each = frozen.entrySet().iterator();
    while (each.hasNext()) {
      Map.Entry<Long, Instant> one = each.next();
      if (!one.getValue().isAfter(now)) {
        Signals.send("-CONT", one.getKey());
        each.remove();
      }
    }
    if (!coordinatorAway.isAfter(now)) {
      system.reviveCoordinator();
    }
    for (int worker = 0; worker < system.workerCount(); worker++) {
      if (!workersAway.getOrDefault(worker, Instant.MIN).isAfter(now)) {
        system.reviveWorker(worker);
      }
    }
  }

  private void happen(Fault fault, Instant now) {
    if (fault instanceof Fault.WorkerKilled killed) {
      workersAway.put(killed.worker(), now.plus(killed.away()));
      Signals.kill(system.worker(killed.worker()));
    } else if (fault instanceof Fault.CoordinatorKilled killed) {
      coordinatorAway = now.plus(killed.away());
      system.coordinator().kill();
    } else if (fault instanceof Fault.WorkerFrozen freeze) {
      JavaProcess worker = system.worker(freeze.worker());
      Signals.send("-STOP", worker.pid());
      frozen.put(worker.pid(), now.plus(freeze.away()));
    } else if (fault instanceof Fault.BrokerKilled killed) {
      brokerAway = now.plus(killed.away());
      system.broker().kill();
    }
  }
}
