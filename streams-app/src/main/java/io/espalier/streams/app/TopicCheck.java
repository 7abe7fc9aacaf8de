package io.espalier.streams.app;

import io.espalier.schemas.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Whether the topics are there, with the partition counts that the topology relies on. */
final class TopicCheck {
  private final Admin admin;
  private final Topics topics;

  TopicCheck(Admin admin, Topics topics) {
    this.admin = admin;
    this.topics = topics;
  }

  /**
   * Partitions of the keyed topics. Creates the internal topic by which pools answer runs if it is
   * missing, as Kafka Streams does with its own.
   *
   * @throws CoordinatorException if topics are missing or do not agree, naming all of them
   */
  int partitions(String releasesTopic) {
    List<String> keyed =
        List.of(
            topics.stageEvents().name(),
            topics.modelRegistered().name(),
            topics.runRequests().name(),
            topics.workerHeartbeats().name());
    List<String> others =
        List.of(
            topics.pruningPolicies().name(),
            topics.runs().name(),
            topics.prunedModel().name(),
            topics.modelRejected().name(),
            topics.deadLetters());
    Map<String, Integer> found =
        found(admin, Stream.concat(keyed.stream(), others.stream()).toList());
    int wanted = found.getOrDefault(keyed.get(0), topics.stageEvents().partitions());
    List<String> problems = problems(keyed, others, wanted, found);
    if (problems.isEmpty()) {
      agree(releasesTopic, wanted, Optional.of(created(releasesTopic, wanted)))
          .ifPresent(problems::add);
    }
    if (!problems.isEmpty()) {
      throw new CoordinatorException(
          "the topics are not as the coordinator needs them: %s. Run `espalier setup`"
              .formatted(String.join("; ", problems)));
    }
    return wanted;
  }

  /** What is wrong with the topics found, as partition counts by name. */
  static List<String> problems(
      List<String> keyed, List<String> others, int wanted, Map<String, Integer> found) {
    List<String> problems = new ArrayList<>();
    others.stream().filter(topic -> !found.containsKey(topic)).forEach(t -> problems.add(gone(t)));
    for (String topic : keyed) {
      agree(topic, wanted, Optional.ofNullable(found.get(topic))).ifPresent(problems::add);
    }
    return problems;
  }

  /**
   * Whether a topic is there.
   *
   * @throws CoordinatorException if the brokers cannot say
   */
  static boolean exists(Admin admin, String topic) {
    return found(admin, List.of(topic)).containsKey(topic);
  }

  private static Optional<String> agree(String topic, int wanted, Optional<Integer> found) {
    if (found.isEmpty()) {
      return Optional.of(gone(topic));
    }
    return found.get() == wanted
        ? Optional.empty()
        : Optional.of(
            "topic %s: wanted %d partitions as the topics it meets have, found %d"
                .formatted(topic, wanted, found.get()));
  }

  private static String gone(String topic) {
    return "topic %s: wanted, found none".formatted(topic);
  }

  private int created(String topic, int partitions) {
    Map<String, Integer> found = found(admin, List.of(topic));
    if (found.containsKey(topic)) {
      return found.getOrDefault(topic, partitions);
    }
    NewTopic wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty());
    try {
      await(admin.createTopics(List.of(wanted)).all(), "create topic " + topic);
    } catch (CoordinatorException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
    return partitions;
  }

  private static Map<String, Integer> found(Admin admin, List<String> names) {
    Map<String, Integer> found = new HashMap<>();
    admin
        .describeTopics(names)
        .topicNameValues()
        .forEach(
            (name, description) -> {
              try {
                int partitions = await(description, "describe topic " + name).partitions().size();
                found.put(name, partitions);
              } catch (CoordinatorException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                  throw e;
                }
              }
            });
    return found;
  }

  private static <T> T await(KafkaFuture<T> future, String what) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new CoordinatorException(
          "cannot %s: %s. Are the brokers reachable?".formatted(what, e.getCause()), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CoordinatorException("interrupted while waiting to " + what, e);
    }
  }
}
