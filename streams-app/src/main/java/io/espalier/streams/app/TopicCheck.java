package io.espalier.streams.app;

import io.espalier.schemas.Installation;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Check that the topics are there, with the partition counts that the topology needs. */
final class TopicCheck {
  private final Admin admin;
  private final Topics topics;
  private final SchemaRegistry registry;

  TopicCheck(Admin admin, Topics topics, SchemaRegistry registry) {
    this.admin = admin;
    this.topics = topics;
    this.registry = registry;
  }

  Topics topics() {
    return topics;
  }

  /** Returns every partition that the coordinator reads, of keyed topics with so many each. */
  List<TopicPartition> inputs(int partitions) {
    return keyed().stream()
        .flatMap(
            topic -> IntStream.range(0, partitions).mapToObj(p -> new TopicPartition(topic, p)))
        .toList();
  }

  /** The topics that meet in one keyed store. */
  private List<String> keyed() {
    return List.of(
        topics.stageEvents().name(),
        topics.modelRegistered().name(),
        topics.runRequests().name(),
        topics.workerHeartbeats().name());
  }

  /**
   * Returns the number of partitions of the keyed topics.
   *
   * @throws CoordinatorException if topics are missing, do not agree or are set otherwise than they
   *     should be, naming all of them
   */
  int partitions() {
    List<String> keyed = keyed();
    List<String> others =
        Stream.concat(
                topics.all(List.of()).stream()
                    .map(Topic::name)
                    .filter(name -> !keyed.contains(name)),
                Stream.of(topics.deadLetters()))
            .toList();
    Map<String, Integer> found =
        found(admin, Stream.concat(keyed.stream(), others.stream()).toList());
    int wanted = found.getOrDefault(keyed.get(0), topics.stageEvents().partitions());
    List<String> problems = problems(keyed, others, wanted, found);
    if (problems.isEmpty()) {
      problems.addAll(new Installation(topics, registry, List.of()).wrongSettings(admin));
    }
    if (!problems.isEmpty()) {
      throw new CoordinatorException(
          "the topics are not as the coordinator needs them: %s. Run `espalier setup`"
              .formatted(String.join("; ", problems)));
    }
    return wanted;
  }

  /**
   * Says which keyed topics have other partition counts than the coordinator began with. A topic
   * that is not found says nothing: a broker that starts again may not know it yet.
   */
  Optional<String> repartitioned(int partitions) {
    return repartitioned(partitions, found(admin, keyed()));
  }

  static Optional<String> repartitioned(int partitions, Map<String, Integer> found) {
    List<String> changed =
        found.entrySet().stream()
            .filter(topic -> topic.getValue() != partitions)
            .map(topic -> "%s has %d".formatted(topic.getKey(), topic.getValue()))
            .sorted()
            .toList();
    return changed.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the coordinator began with %d partitions of its keyed topics, and now %s: records of one run would meet the state of another. Give all of them the same number, with no run under way"
                .formatted(partitions, String.join(", ", changed)));
  }

  /** Returns the names of all topics that are there. */
  static Set<String> present(Admin admin) {
    return await(admin.listTopics().names(), "list the topics");
  }

  /** Returns what is wrong with the topics found, as partition counts by name. */
  static List<String> problems(
      List<String> keyed, List<String> others, int wanted, Map<String, Integer> found) {
    List<String> problems = new ArrayList<>();
    others.stream().filter(topic -> !found.containsKey(topic)).forEach(t -> problems.add(gone(t)));
    for (String topic : keyed) {
      agree(topic, wanted, Optional.ofNullable(found.get(topic))).ifPresent(problems::add);
    }
    return problems;
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
