package io.espalier.standalone.client;

import io.espalier.event.PruningPolicy;
import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.Topic;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.UnreachableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;

/**
 * Changes the policies of an installation, so that no change is made of what another one has
 * replaced.
 *
 * <p>Kafka cannot compare and set. But of all producers with one transactional id only the one that
 * was made last can commit, and its predecessor's open transaction has ended before it is made. So
 * policies are read after the producer was made: if its transaction commits, nobody else has
 * changed them since. Whoever was overtaken reads them and decides anew, and so does who was not
 * told whether a transaction was committed. All of a change becomes known, or nothing.
 */
final class PolicyWriter {
  private static final int MOST_ATTEMPTS = 50;
  private static final int MOST_UNKNOWN = 3;
  private static final long LONGEST_PAUSE_MILLIS = 300;

  private final Topic<PruningPolicy> topic;
  private final Supplier<Producer<String, byte[]>> producers;
  private final Supplier<Map<String, PruningPolicy>> inForce;

  /**
   * Change to write.
   *
   * @param policies by name; empty to withdraw one
   * @param answer what the caller gets once it is written
   */
  record Change<A>(Map<String, Optional<PruningPolicy>> policies, A answer) {
    Change {
      policies = Map.copyOf(policies);
    }
  }

  /**
   * A writer.
   *
   * @param producers each makes the transactions of those before it fail
   * @param inForce reads the policies in force, what was committed just now included
   */
  PolicyWriter(
      Topic<PruningPolicy> topic,
      Supplier<Producer<String, byte[]>> producers,
      Supplier<Map<String, PruningPolicy>> inForce) {
    this.topic = topic;
    this.producers = producers;
    this.inForce = inForce;
  }

  /** The writer of a running system. */
  static PolicyWriter of(Cluster cluster) {
    Topic<PruningPolicy> topic = cluster.topics().pruningPolicies();
    return new PolicyWriter(
        topic, () -> cluster.exclusiveProducer(topic), () -> cluster.latest(topic));
  }

  /**
   * Changes policies.
   *
   * @param decide what to change, given the policies in force; may be asked several times
   * @throws io.espalier.worker.domain.InvalidInputException if one is larger than may be
   * @throws UnreachableException if others overtake it again and again, or the brokers do not take
   *     it
   */
  <A> A change(Function<Map<String, PruningPolicy>, Change<A>> decide) {
    int unknown = 0;
    for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      try (Producer<String, byte[]> producer = producers.get()) {
        producer.initTransactions();
        Change<A> change = decide.apply(inForce.get());
        if (!change.policies().isEmpty()) {
          write(producer, change.policies());
        }
        return change.answer();
      } catch (KafkaException | UnreachableException failed) {
        if (!isOvertaken(failed) && !(isUnknown(failed) && unknown++ < MOST_UNKNOWN)) {
          throw failed;
        }
        pause();
      }
    }
    throw new UnreachableException(
        "others change the policies on %s all the time: none of %d attempts came through; try again"
            .formatted(topic.name(), MOST_ATTEMPTS));
  }

  private void write(
      Producer<String, byte[]> producer, Map<String, Optional<PruningPolicy>> policies) {
    producer.beginTransaction();
    List<ProducerRecord<String, byte[]>> records = new ArrayList<>();
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    policies.forEach((name, policy) -> records.add(event(name, policy)));
    records.forEach(event -> sent.add(producer.send(event)));
    producer.flush();
    for (int i = 0; i < sent.size(); i++) {
      await(sent.get(i), records.get(i));
    }
    producer.commitTransaction();
  }

  private void await(Future<RecordMetadata> sent, ProducerRecord<String, byte[]> event) {
    try {
      sent.get();
    } catch (ExecutionException refused) {
      if (refused.getCause() instanceof RecordTooLargeException) {
        throw Cluster.tooLarge(event, topic.settings(), event.key());
      }
      throw new UnreachableException(
          "the brokers did not take policy '%s': %s".formatted(event.key(), refused.getCause()),
          refused);
    } catch (InterruptedException interrupted) {
      throw new InterruptException(interrupted);
    }
  }

  private ProducerRecord<String, byte[]> event(String name, Optional<PruningPolicy> policy) {
    var event =
        new CloudEvent(
            UUID.randomUUID().toString(),
            Publishing.SOURCE,
            policy.isPresent() ? CloudEvent.POLICY_APPLIED : CloudEvent.POLICY_WITHDRAWN,
            name,
            Instant.now());
    var headers = event.headers();
    byte[] value =
        policy
            .map(present -> topic.values().serializer().serialize(topic.name(), headers, present))
            .orElse(null);
    return new ProducerRecord<>(topic.name(), null, name, value, headers);
  }

  /** Returns whether a failure is that of a producer after which another one was made. */
  private static boolean isOvertaken(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof ProducerFencedException
          || cause instanceof InvalidProducerEpochException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether a failure leaves open if a transaction was committed: brokers that had an error
   * of their own, which the client has no class for. What is in force then says it.
   */
  private static boolean isUnknown(RuntimeException thrown) {
    return thrown.getClass().equals(KafkaException.class);
  }

  /** For a random time, so that those who overtook each other do not do it again. */
  private static void pause() {
    try {
      Thread.sleep(ThreadLocalRandom.current().nextLong(1, LONGEST_PAUSE_MILLIS));
    } catch (InterruptedException interrupted) {
      throw new InterruptException(interrupted);
    }
  }
}
