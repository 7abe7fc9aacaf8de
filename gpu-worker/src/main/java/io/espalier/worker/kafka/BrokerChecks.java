package io.espalier.worker.kafka;

import io.espalier.schemas.Topics;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.kafka.claim.GroupSettings;
import io.espalier.worker.kafka.claim.Lease;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks of the broker before a worker may claim anything: its topics, its group's settings. */
final class BrokerChecks {
  private static final Logger LOGGER = LoggerFactory.getLogger(BrokerChecks.class);
  private static final int TIMEOUT_SECONDS = 30;

  private final Admin admin;
  private final String where;

  /** Checks of the broker at a place, in words. */
  BrokerChecks(Admin admin, String where) {
    this.admin = admin;
    this.where = where;
  }

  /**
   * Makes sure that the topics of a worker of this pool are there.
   *
   * @throws InvalidInputException if not; names all that are missing
   */
  void requireTopics(Topics topics, String pool) {
    Set<String> missing = topics(topics, pool);
    missing.removeAll(await("listing the topics", admin.listTopics().names()));
    if (!missing.isEmpty()) {
      throw new InvalidInputException(
          "a worker of pool '%s' needs topics that are not on the broker at %s: %s. Create them with 'espalier setup', naming this pool."
              .formatted(pool, where, String.join(", ", missing)));
    }
  }

  /** The topics that a worker of a pool reads or writes, in a set of the caller's. */
  static Set<String> topics(Topics topics, String pool) {
    return new TreeSet<>(
        List.of(
            topics.stageCommands(pool).name(),
            topics.stageEvents().name(),
            topics.closedAttempts().name(),
            topics.workerHeartbeats().name(),
            topics.deadLetters()));
  }

  /**
   * Sets what the guarantees of the queue rest on and waits until the broker has it. Must come
   * before the group's first member, or commands sent before it would be skipped.
   *
   * @throws WorkerException if the broker refuses or still has other values after 30 s
   */
  void configureGroup(String group, Lease lease) {
    var wanted = GroupSettings.of(lease);
    var resource = new ConfigResource(ConfigResource.Type.GROUP, group);
    Collection<AlterConfigOp> changes =
        wanted.values().entrySet().stream()
            .map(e -> new ConfigEntry(e.getKey(), e.getValue()))
            .map(entry -> new AlterConfigOp(entry, AlterConfigOp.OpType.SET))
            .toList();
    await(
        "configuring share group %s (brokers need version 4.2 or later)".formatted(group),
        admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
    verify(group, wanted, resource);
    assignAtOnce(group, resource);
  }

  /**
   * Has members that join get their partition at once. Brokers of 4.3 wait a second between two
   * assignments unless they are told otherwise, and tell a member that was too early five seconds
   * later, with its next heartbeat: that long nobody takes over from a worker that dies then.
   */
  private void assignAtOnce(String group, ConfigResource resource) {
    var setting = new ConfigEntry(GroupSettings.ASSIGNMENT_INTERVAL, "0");
    var change = new AlterConfigOp(setting, AlterConfigOp.OpType.SET);
    try {
      await(
          "setting the pace of assignments of share group " + group,
          admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all());
    } catch (WorkerException e) { // older brokers do not know it, some forbid it; work goes on
      LOGGER
          .atInfo()
          .addKeyValue("group", group)
          .addKeyValue("cause", e.getMessage())
          .log("assignments keep the broker's pace; a redelivery may take seconds more");
    }
  }

  private void verify(String group, GroupSettings wanted, ConfigResource resource) {
    List<String> differences =
        wanted.awaitIn(() -> read(group, resource), Duration.ofSeconds(TIMEOUT_SECONDS));
    if (!differences.isEmpty()) {
      throw new WorkerException(
          "share group %s on the broker at %s is not as it was set, even %d s later: %s"
              .formatted(group, where, TIMEOUT_SECONDS, String.join("; ", differences)),
          true,
          null);
    }
    LOGGER
        .atInfo()
        .addKeyValue("group", group)
        .addKeyValue("settings", wanted.values())
        .log("share group");
  }

  private Config read(String group, ConfigResource resource) {
    return await("reading share group " + group, admin.describeConfigs(List.of(resource)).all())
        .getOrDefault(resource, new Config(List.of()));
  }

  private <T> T await(String what, KafkaFuture<T> future) {
    try {
      return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WorkerException(what + " was interrupted", true, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException) {
        throw unreachable(what, e);
      }
      throw new WorkerException(
          "%s failed on the broker at %s: %s".formatted(what, where, e.getCause()), true, e);
    } catch (TimeoutException e) {
      throw unreachable(what, e);
    }
  }

  private UnreachableException unreachable(String what, Exception cause) {
    return new UnreachableException(
        "%s: no broker answered at %s (waited up to %d s); is it running?"
            .formatted(what, where, TIMEOUT_SECONDS),
        cause);
  }
}
