package io.espalier.worker.kafka.claim;

import io.espalier.worker.domain.WorkerException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;

/**
 * The settings of a share group that the guarantees of its queue rest on.
 *
 * @param values values by the broker's names for them
 */
public record GroupSettings(Map<String, String> values) {
  /** Wait of brokers between two assignments of a group; those before 4.3 have none. */
  public static final String ASSIGNMENT_INTERVAL = "share.assignment.interval.ms";

  private static final long REREAD_MILLIS = 100;

  /**
   * Commands between the oldest that is at work and the newest that may be claimed. The most that
   * brokers allow unless configured otherwise, since all commands of a pool lie in one partition.
   */
  private static final int WINDOW = 4000;

  public GroupSettings {
    values = new TreeMap<>(values);
  }

  /**
   * Settings for a lease. Commands sent before the first member are not skipped, those of aborted
   * transactions not delivered.
   */
  public static GroupSettings of(Lease lease) {
    return new GroupSettings(
        Map.of(
            "share.auto.offset.reset",
            "earliest",
            "share.isolation.level",
            "read_committed",
            "share.record.lock.duration.ms",
            Long.toString(lease.lock().toMillis()),
            "share.delivery.count.limit",
            Integer.toString(lease.deliveries()),
            "share.partition.max.record.locks",
            Integer.toString(WINDOW),
            "share.renew.acknowledge.enable",
            "true"));
  }

  /**
   * Waits until a broker has these settings: the controller takes a change first, a broker learns
   * of it a little later.
   *
   * @param broker reads the settings that a broker has now
   * @return in words, what it still has otherwise at the end of the patience
   * @throws WorkerException if interrupted
   */
  public List<String> awaitIn(Supplier<Config> broker, Duration patience) {
    long start = System.nanoTime();
    List<String> differences = differences(broker.get());
    while (!differences.isEmpty() && System.nanoTime() - start < patience.toNanos()) {
      try {
        TimeUnit.MILLISECONDS.sleep(REREAD_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WorkerException("waiting for a group's settings was interrupted", true, e);
      }
      differences = differences(broker.get());
    }
    return differences;
  }

  /** In words, where a group is set otherwise. */
  public List<String> differences(Config found) {
    List<String> differences = new ArrayList<>();
    values.forEach(
        (name, value) -> {
          ConfigEntry entry = found.get(name);
          if (entry == null || !value.equals(entry.value())) {
            differences.add(
                "%s should be %s but is %s"
                    .formatted(name, value, entry == null ? "unknown" : entry.value()));
          }
        });
    return differences;
  }
}
