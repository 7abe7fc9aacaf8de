package io.espalier.worker.app;

import io.espalier.schemas.Topics;
import io.espalier.worker.kafka.Supervisor;
import io.espalier.worker.kafka.SupervisorSettings;
import io.espalier.worker.kafka.record.WorkerIdentity;
import io.espalier.worker.kafka.work.SlotEquipment;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.DiskSpace;
import io.espalier.worker.stage.job.MissedStores;
import io.espalier.worker.stage.job.SelfCheck;
import io.espalier.worker.stage.job.Stages;
import io.espalier.worker.stage.job.WorkerHome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A worker of a pool: takes stages from the queue, runs each in a JVM of its own, reports. Whoever
 * starts one closes it, from a shutdown hook too, so that others get its work at once.
 */
public final class Worker implements AutoCloseable {
  private final WorkerHome home;
  private final Supervisor supervisor;

  private Worker(WorkerHome home, Supervisor supervisor) {
    this.home = home;
    this.supervisor = supervisor;
  }

  /**
   * Starts a worker.
   *
   * @throws io.espalier.worker.domain.InvalidInputException if topics are missing, or the heaps of
   *     all slots do not fit this machine's memory
   * @throws io.espalier.worker.domain.WorkerException if the broker cannot be reached or is too old
   */
  public static Worker start(WorkerConfig config) {
    return start(config, Stages.standard());
  }

  /** The same with other stages; the child JVM's main class must know the same ones. */
  public static Worker start(WorkerConfig config, Stages stages) {
    StageHeaps.local().require(config.slots(), config.child().heapMebibytes());
    WorkerHome home = WorkerHome.open(config.workDirectory(), config.pool());
    try {
      return new Worker(home, supervisor(config, home, stages));
    } catch (RuntimeException e) {
      home.close();
      throw e;
    }
  }

  private static Supervisor supervisor(WorkerConfig config, WorkerHome home, Stages stages) {
    Devices devices = Devices.local();
    List<SlotEquipment> slots = slots(config, devices, stages);
    var identity =
        new WorkerIdentity(
            home.workerId(), config.pool(), config.slots(), devices.list(), slots.get(0).target());
    var topics = new Topics(config.topicPrefix(), config.registry(), Topics.DEFAULT_PARTITIONS);
    var settings =
        new SupervisorSettings(
            config.clients(),
            topics,
            identity,
            config.lease(),
            config.stall(),
            config.inputs(),
            home,
            checks(config, home));
    return Supervisor.start(settings, slots);
  }

  /** Returns what is looked at, at the start and every minute. */
  private static Map<String, Supplier<Optional<String>>> checks(
      WorkerConfig config, WorkerHome home) {
    Map<String, Supplier<Optional<String>>> checks =
        new TreeMap<>(
            SelfCheck.of(config.store(), config.inputs().roots(), home.directory(), new DiskSpace())
                .checks());
    checks.put(MissedStores.CHECK, home.missedStores()::problem);
    return checks;
  }

  /** Each slot with its device and its share of the machine. */
  private static List<SlotEquipment> slots(WorkerConfig config, Devices devices, Stages stages) {
    List<SlotEquipment> slots = new ArrayList<>();
    for (int slot = 0; slot < config.slots(); slot++) {
      ChildSettings child = devices.settings(config.child(), slot, config.slots());
      slots.add(
          new SlotEquipment(new ChildJvm(child), stages, devices.target(slot, child.threads())));
    }
    return slots;
  }

  /**
   * Waits until it asks the queue for work.
   *
   * @throws io.espalier.worker.domain.WorkerException if it stopped or the time is over
   */
  public void awaitRunning(Duration patience) {
    supervisor.awaitRunning(patience);
  }

  /**
   * Waits until it has stopped.
   *
   * @throws io.espalier.worker.domain.WorkerException if it stopped because it failed
   */
  public void awaitStopped() {
    supervisor.awaitStopped();
  }

  /** Claims nothing more and gives back what is under way, within 10 s. */
  @Override
  public void close() {
    supervisor.close();
    home.close();
  }
}
