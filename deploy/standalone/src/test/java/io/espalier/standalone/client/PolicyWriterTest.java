package io.espalier.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.PruningPolicy;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.PolicyWriter.Change;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

/** Writers on producers of which each overtakes those before it, as brokers have it. */
class PolicyWriterTest {
  private final Topic<PruningPolicy> topic =
      new Topics("", SchemaRegistry.inMemory("policy-writer"), 1).pruningPolicies();
  private final List<MockProducer<String, byte[]>> producers = new ArrayList<>();
  private final Map<String, PruningPolicy> log = new TreeMap<>();

  private PolicyWriter writer() {
    return new PolicyWriter(topic, this::producer, () -> new TreeMap<>(log));
  }

  private Producer<String, byte[]> producer() {
    producers.stream().filter(each -> !each.closed()).forEach(MockProducer::fenceProducer);
    MockProducer<String, byte[]> producer = mock();
    producers.add(producer);
    return producer;
  }

  private static MockProducer<String, byte[]> mock() {
    return new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer());
  }

  /** Puts what was committed in force. */
  private void commit(MockProducer<String, byte[]> producer) {
    for (ProducerRecord<String, byte[]> each : producer.history()) {
      log.put(each.key(), topic.values().deserializer().deserialize(topic.name(), each.value()));
    }
  }

  private static Change<Long> next(String name, Map<String, PruningPolicy> inForce) {
    long generation =
        Optional.ofNullable(inForce.get(name)).map(PruningPolicy::getGeneration).orElse(0L) + 1;
    return new Change<>(
        Map.of(name, Optional.of(SamplePolicy.published(name, generation))), generation);
  }

  @Test
  void a_change_is_written_as_one_transaction() {
    long answer =
        writer()
            .change(
                inForce ->
                    new Change<>(
                        Map.of(
                            "new", Optional.of(SamplePolicy.published("new", 7)),
                            "gone", Optional.empty()),
                        7L));

    assertThat(answer).isEqualTo(7);
    MockProducer<String, byte[]> producer = producers.get(0);
    assertThat(producer.commitCount()).isOne();
    assertThat(producer.closed()).isTrue();
    assertThat(producer.history())
        .extracting(ProducerRecord::key)
        .containsExactlyInAnyOrder("new", "gone");
    assertThat(producer.history())
        .filteredOn(each -> each.key().equals("gone"))
        .singleElement()
        .matches(each -> each.value() == null, "withdraws the policy");
  }

  @Test
  void where_nothing_is_to_be_changed_nothing_is_written() {
    writer().change(inForce -> new Change<>(Map.of(), "unchanged"));

    assertThat(producers).singleElement().matches(producer -> producer.commitCount() == 0);
  }

  @Test
  void of_two_writers_at_the_same_time_the_one_that_is_overtaken_decides_anew() {
    List<Long> decided = new ArrayList<>();

    long first =
        writer()
            .change(
                inForce -> {
                  if (decided.isEmpty()) {
                    // meanwhile another one begins, and is done before this one writes
                    decided.add(writer().change(others -> next("edge", others)));
                    commit(producers.get(1));
                  }
                  return next("edge", inForce);
                });

    assertThat(decided).containsExactly(1L);
    assertThat(first).isEqualTo(2);
    assertThat(producers).hasSize(3);
    assertThat(producers.get(0).history()).isEmpty();
    assertThat(producers.get(2).history()).hasSize(1);
  }

  @Test
  void wherever_the_brokers_refuse_an_older_producer_it_is_decided_anew() {
    MockProducer<String, byte[]> atBegin = mock();
    MockProducer<String, byte[]> atCommit = mock();
    atBegin.initTransactionException = new ProducerFencedException("another one was made");
    atCommit.commitTransactionException = new InvalidProducerEpochException("an older epoch");
    List<Producer<String, byte[]>> made = new ArrayList<>(List.of(atBegin, atCommit));
    var writer =
        new PolicyWriter(
            topic, () -> made.isEmpty() ? producer() : made.remove(0), () -> new TreeMap<>(log));

    assertThat(writer.<Long>change(inForce -> next("edge", inForce))).isOne();
    assertThat(producers).singleElement().matches(producer -> producer.commitCount() == 1);
  }

  @Test
  void where_it_is_not_known_whether_it_was_committed_what_is_in_force_decides() {
    MockProducer<String, byte[]> silent = mock();
    silent.commitTransactionException = new KafkaException("Unhandled error in EndTxnResponse");
    List<Producer<String, byte[]>> made = new ArrayList<>(List.of(silent));
    var writer =
        new PolicyWriter(
            topic, () -> made.isEmpty() ? producer() : made.remove(0), () -> new TreeMap<>(log));

    long answer =
        writer.change(
            inForce -> {
              Change<Long> next = next("edge", inForce);
              log.put("edge", next.policies().get("edge").orElseThrow()); // it was, after all
              return next;
            });

    assertThat(answer).isEqualTo(2);
    var never = new PolicyWriter(topic, PolicyWriterTest::failing, () -> new TreeMap<>(log));
    assertThatThrownBy(() -> never.change(inForce -> next("edge", inForce)))
        .isInstanceOf(KafkaException.class)
        .hasMessage("again and again");
  }

  private static Producer<String, byte[]> failing() {
    MockProducer<String, byte[]> producer = mock();
    producer.commitTransactionException = new KafkaException("again and again");
    return producer;
  }

  @Test
  void what_the_brokers_refuse_for_another_reason_is_told() {
    MockProducer<String, byte[]> refusing = mock();
    refusing.commitTransactionException = new TopicAuthorizationException("pruning-policies");
    var writer = new PolicyWriter(topic, () -> refusing, () -> new TreeMap<>(log));

    assertThatThrownBy(() -> writer.change(inForce -> next("edge", inForce)))
        .isInstanceOf(TopicAuthorizationException.class);
  }

  @Test
  void a_policy_that_is_too_large_is_refused_in_words_and_nothing_is_committed() {
    var full =
        new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()) {
          @Override
          public synchronized Future<RecordMetadata> send(ProducerRecord<String, byte[]> any) {
            return CompletableFuture.failedFuture(new RecordTooLargeException("too large"));
          }
        };
    var writer = new PolicyWriter(topic, () -> full, () -> new TreeMap<>(log));

    assertThatThrownBy(() -> writer.change(inForce -> next("edge", inForce)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("may have at most 262,144 bytes, but 'edge' has");
    assertThat(full.commitCount()).isZero();
  }

  @Test
  void a_refusal_of_what_is_to_be_changed_leaves_no_transaction_behind() {
    assertThatThrownBy(
            () ->
                writer()
                    .change(
                        inForce -> {
                          throw new InvalidInputException("there is no such policy");
                        }))
        .isInstanceOf(InvalidInputException.class);

    assertThat(producers).singleElement().matches(MockProducer::closed);
  }
}
