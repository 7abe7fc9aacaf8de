package io.espalier.worker.kafka;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;

/**
 * The settings of a share group that the guarantees of its queue rest on.
 *
 * @param values values by the broker's names for them
 */
record GroupSettings(Map<String, String> values) {
  GroupSettings {
    values = new TreeMap<>(values);
  }

  /**
   * Settings for a lease. Commands sent before the first member are not skipped, those of aborted
   * transactions not delivered.
   */
  static GroupSettings of(Lease lease) {
    return new GroupSettings(
        Map.of(
            "share.auto.offset.reset", "earliest",
            "share.isolation.level", "read_committed",
            "share.record.lock.duration.ms", Long.toString(lease.lock().toMillis()),
            "share.delivery.count.limit", Integer.toString(lease.deliveries()),
            "share.renew.acknowledge.enable", "true"));
  }

  /** In words, where a group is set otherwise. */
  List<String> differences(Config found) {
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
