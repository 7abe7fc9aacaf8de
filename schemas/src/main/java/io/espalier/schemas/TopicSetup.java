package io.espalier.schemas;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/** Topics on the brokers: which are there, and whether they are set as they should be. */
final class TopicSetup {
  private static final int TIMEOUT_SECONDS = 30;

  private final Admin admin;

  TopicSetup(Admin admin) {
    this.admin = admin;
  }

  /** Creates those that are missing and returns their names. */
  List<String> create(List<NewTopic> wanted) {
    Set<String> present = await(admin.listTopics().names(), "list the topics");
    List<NewTopic> missing =
        wanted.stream().filter(topic -> !present.contains(topic.name())).toList();
    await(admin.createTopics(missing).all(), "create the topics");
    return missing.stream().map(NewTopic::name).toList();
  }

  /**
   * Returns the settings that differ from those wanted, by topic; topics that are missing are left
   * out.
   */
  Map<String, Map<String, String>> differences(Map<String, TopicSettings> wanted) {
    Set<String> present = await(admin.listTopics().names(), "list the topics");
    List<ConfigResource> topics =
        wanted.keySet().stream()
            .filter(present::contains)
            .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
            .toList();
    Map<String, Map<String, String>> differences = new TreeMap<>();
    await(admin.describeConfigs(topics).all(), "read the settings of the topics")
        .forEach(
            (topic, found) -> {
              TopicSettings settings = Objects.requireNonNull(wanted.get(topic.name()));
              Map<String, String> other = differences(settings.asMap(), found);
              if (!other.isEmpty()) {
                differences.put(topic.name(), other);
              }
            });
    return differences;
  }

  /** Returns those of the topics, which all are there, that have more than one partition. */
  List<String> divided(Collection<String> topics) {
    return await(admin.describeTopics(topics).allTopicNames(), "describe the topics")
        .values()
        .stream()
        .filter(topic -> topic.partitions().size() > 1)
        .map(TopicDescription::name)
        .sorted()
        .toList();
  }

  /** Sets what differs. */
  void alter(Map<String, Map<String, String>> differences) {
    Map<ConfigResource, Collection<AlterConfigOp>> changes = new HashMap<>();
    differences.forEach(
        (topic, settings) -> {
          List<AlterConfigOp> ops = new ArrayList<>();
          settings.forEach(
              (name, value) ->
                  ops.add(
                      new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
          changes.put(new ConfigResource(ConfigResource.Type.TOPIC, topic), ops);
        });
    await(admin.incrementalAlterConfigs(changes).all(), "change the settings of the topics");
  }

  /**
   * Returns the wanted settings that a topic does not have; of what else it has nothing is said.
   */
  static Map<String, String> differences(Map<String, String> wanted, Config found) {
    Map<String, String> other = new TreeMap<>();
    wanted.forEach(
        (name, value) -> {
          ConfigEntry entry = found.get(name);
          if (entry == null || !value.equals(entry.value())) {
            other.put(name, value);
          }
        });
    return other;
  }

  private static <T> T await(KafkaFuture<T> future, String what) {
    try {
      return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new InstallationException("interrupted while waiting to " + what, interrupted);
    } catch (ExecutionException refused) {
      throw new InstallationException(
          "the broker would not %s: %s".formatted(what, refused.getCause()), refused);
    } catch (TimeoutException late) {
      throw new InstallationException(
          "no broker answered within %d s; is it running, and are the bootstrap servers right?"
              .formatted(TIMEOUT_SECONDS),
          late);
    }
  }
}
