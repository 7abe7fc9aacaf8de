package io.espalier.standalone.client.topic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.schemas.CloudEvent;
import io.espalier.schemas.Installation;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topic;
import io.espalier.schemas.TopicSettings;
import io.espalier.schemas.Topics;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A client of a running system. Everything that it reads has been committed. */
public final class Cluster implements AutoCloseable {
  private static final int RECORDS_AT_ONCE = 5_000;

  private final Address address;
  private final Topics topics;
  private final Admin admin;

  private Cluster(Address address, Topics topics, Admin admin) {
    this.address = address;
    this.topics = topics;
    this.admin = admin;
  }

  /**
   * Connects and makes sure that broker and registry answer, within the address's patience and four
   * seconds.
   *
   * @throws UnreachableException naming who does not, and what to do
   */
  public static Cluster connect(Address address) {
    Admin admin;
    try {
      admin = Admin.create(clientSettings(address));
    } catch (RuntimeException unusable) {
      throw new UnreachableException(
          "'%s' is no use as bootstrap servers: %s. Wanted HOST:PORT, by --bootstrap-servers or"
                  .formatted(address.bootstrapServers(), rootMessage(unusable))
              + " ESPALIER_BOOTSTRAP_SERVERS.",
          unusable);
    }
    try {
      requireBroker(admin, address);
      RegistryProbe.requireAnswer(address);
    } catch (RuntimeException unreachable) {
      admin.close(java.time.Duration.ZERO);
      throw unreachable;
    }
    Topics topics =
        new Topics(
            address.topicPrefix(),
            SchemaRegistry.at(address.registryUrl()),
            Topics.DEFAULT_PARTITIONS);
    return new Cluster(address, topics, admin);
  }

  /** Its topics. */
  public Topics topics() {
    return topics;
  }

  /** Creates what is missing: topics, those of the pools included, and schemas. */
  public Installation.Added setUp(List<String> pools, int partitions, short replication) {
    var registry = SchemaRegistry.at(address.registryUrl());
    var wanted = new Topics(address.topicPrefix(), registry, partitions);
    return new Installation(wanted, registry, pools).setUp(admin, replication);
  }

  /**
   * Copies of a record on this cluster if nobody says how many: three, or what its brokers allow.
   */
  public short usualReplication() {
    int brokers =
        answer(() -> admin.describeCluster().nodes().get(patience(address), TimeUnit.MILLISECONDS))
            .size();
    return Installation.usualReplication(brokers);
  }

  /**
   * Makes sure that the topics are there.
   *
   * @throws UnreachableException naming those that are missing, and what to do
   */
  public Cluster requireSetUp() {
    var registry = SchemaRegistry.at(address.registryUrl());
    Set<String> missing =
        new Installation(topics, registry, List.of()).missingTopics(presentTopics());
    if (!missing.isEmpty()) {
      throw new UnreachableException(
          "the brokers at %s lack the topics %s; run `espalier setup`, or check --topic-prefix"
              .formatted(address.bootstrapServers(), missing));
    }
    return this;
  }

  /**
   * Publishes an event and returns when the brokers have it.
   *
   * @throws InvalidInputException if it is larger than events of its topic may be
   * @throws UnreachableException if the brokers do not take it
   */
  public <V> void publish(Topic<V> topic, String key, V value, CloudEvent event) {
    var headers = event.headers();
    byte[] bytes = topic.values().serializer().serialize(topic.name(), headers, value);
    send(
        new ProducerRecord<>(topic.name(), null, key.getBytes(UTF_8), bytes, headers),
        topic.settings());
  }

  /**
   * A producer of a topic of which there is one at a time: the transactions of an older one fail
   * once a newer one has begun. Where brokers have access rules, it needs the right to write the
   * transactional id {@code espalier-cli-TOPIC}.
   */
  public Producer<String, byte[]> exclusiveProducer(Topic<?> topic) {
    Map<String, Object> settings = producerSettings(topic.settings());
    settings.put("transactional.id", "espalier-cli-" + topic.name());
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  /**
   * Sends a record as it is and returns when the brokers have it.
   *
   * @param of the settings of its topic
   * @throws InvalidInputException if it is larger than events of its topic may be
   * @throws UnreachableException if the brokers do not take it
   */
  public void send(ProducerRecord<byte[], byte[]> event, TopicSettings of) {
    try (var producer =
        new KafkaProducer<>(
            producerSettings(of), new ByteArraySerializer(), new ByteArraySerializer())) {
      answer(() -> sent(producer, event, of));
    }
  }

  private Map<String, Object> producerSettings(TopicSettings of) {
    Map<String, Object> settings = clientSettings(address);
    settings.put("acks", "all");
    settings.put("delivery.timeout.ms", 20_000);
    settings.put("request.timeout.ms", 10_000);
    settings.put("max.block.ms", 10_000);
    settings.put("max.request.size", of.maxBytes());
    return settings;
  }

  private static RecordMetadata sent(
      KafkaProducer<byte[], byte[]> producer,
      ProducerRecord<byte[], byte[]> event,
      TopicSettings of)
      throws ExecutionException, InterruptedException {
    try {
      return producer.send(event).get();
    } catch (ExecutionException refused) {
      if (refused.getCause() instanceof RecordTooLargeException) {
        String key = event.key() == null ? "" : new String(event.key(), UTF_8);
        throw tooLarge(event, of, key);
      }
      throw refused;
    }
  }

  /** The failure of an event that is larger than those of its topic may be. */
  public static InvalidInputException tooLarge(
      ProducerRecord<?, byte[]> event, TopicSettings of, String key) {
    return new InvalidInputException(
        String.format(
            Locale.ROOT,
            "an event on %s may have at most %,d bytes, but '%s' has %,d; shorten its labels"
                + " and texts",
            event.topic(),
            of.maxBytes(),
            key,
            event.value() == null ? 0 : event.value().length));
  }

  /** Reads a topic from its beginning. */
  public <V> TopicReader<V> read(Topic<V> topic) {
    return read(topic, Portion.all());
  }

  /** Reads a portion of a topic. */
  public <V> TopicReader<V> read(Topic<V> topic, Portion portion) {
    return new TopicReader<>(topic, consumer(new StringDeserializer()), portion);
  }

  /** The values of a topic that came since a time, those of each partition in their order. */
  public <V> List<V> since(Topic<V> topic, Instant time) {
    return values(topic, Portion.all().since(time));
  }

  /** The values of a portion of a topic, those of each partition in their order. */
  public <V> List<V> values(Topic<V> topic, Portion portion) {
    var values = new ArrayList<V>();
    try (TopicReader<V> reader = read(topic, portion)) {
      while (!reader.caughtUp()) {
        reader.poll().forEach(entry -> entry.value().ifPresent(values::add));
      }
    }
    return values;
  }

  /** Looks for something among the newest values of the keys of a compacted topic. */
  public <V> void search(Topic<V> topic, Portion portion, NewestSearch<V> search) {
    try (NewestFirst<String> reader =
        new NewestFirst<>(topic.name(), consumer(new StringDeserializer()), portion)) {
      search.in(reader, new EventDecoding<>(topic), portion);
    }
  }

  /** A consumer of what has been committed, in large portions. */
  public <K> Consumer<K, byte[]> consumer(Deserializer<K> keys) {
    Map<String, Object> settings = clientSettings(address);
    settings.put("isolation.level", "read_committed");
    settings.put("enable.auto.commit", "false");
    settings.put("default.api.timeout.ms", 10_000);
    settings.put("max.poll.records", RECORDS_AT_ONCE);
    settings.put("fetch.max.wait.ms", 50); // a client that lists waits for partitions without news
    return new KafkaConsumer<>(settings, keys, new ByteArrayDeserializer());
  }

  /** The pools that have a topic of commands, in order. */
  public List<String> pools() {
    String prefix = topics.stageCommands("").name();
    return presentTopics().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .sorted()
        .toList();
  }

  /** Partitions of the topics whose records meet, as the coordinator counts them. */
  public int keyedPartitions() {
    Set<String> name = Set.of(topics.stageEvents().name());
    Map<String, TopicDescription> found =
        answer(
            () ->
                admin
                    .describeTopics(name)
                    .allTopicNames()
                    .get(patience(address), TimeUnit.MILLISECONDS));
    return found.values().iterator().next().partitions().size();
  }

  private Set<String> presentTopics() {
    return answer(() -> admin.listTopics().names().get(patience(address), TimeUnit.MILLISECONDS));
  }

  /** The newest value of every key of a compacted topic, in the order of the keys. */
  public <V> Map<String, V> latest(Topic<V> topic) {
    Map<String, V> latest = new TreeMap<>();
    search(topic, Portion.all(), latest::put);
    return latest;
  }

  @Override
  public void close() {
    admin.close(java.time.Duration.ofSeconds(1));
  }

  private static Map<String, Object> clientSettings(Address address) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", address.bootstrapServers());
    settings.put("client.id", "espalier-cli");
    settings.put("metric.reporters", ""); // nobody looks at those of a client that ends at once
    settings.put("enable.metrics.push", "false");
    return settings;
  }

  private static void requireBroker(Admin admin, Address address) {
    try {
      admin.describeCluster().nodes().get(patience(address), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException silent) {
      throw new UnreachableException(
          ("no Kafka broker answers at %s within %d s. Start one (`espalier up` starts everything"
                  + " on this machine), give its address by --bootstrap-servers or"
                  + " ESPALIER_BOOTSTRAP_SERVERS, or wait longer by --connect-timeout.")
              .formatted(address.bootstrapServers(), address.patience().toSeconds()),
          silent);
    } catch (InterruptedException interrupted) {
      throw new InterruptException(interrupted);
    }
  }

  private static long patience(Address address) {
    return address.patience().toMillis();
  }

  /** A call that waits for the brokers. */
  private interface Call<R> {
    R get() throws ExecutionException, TimeoutException, InterruptedException;
  }

  private <R> R answer(Call<R> call) {
    try {
      return call.get();
    } catch (ExecutionException refused) {
      throw new UnreachableException(
          "the brokers at %s refused: %s".formatted(address.bootstrapServers(), refused.getCause()),
          refused);
    } catch (TimeoutException late) {
      throw new UnreachableException(
          "the brokers at %s stopped answering".formatted(address.bootstrapServers()), late);
    } catch (InterruptedException interrupted) {
      throw new InterruptException(interrupted);
    }
  }

  private static String rootMessage(Throwable thrown) {
    Throwable root = thrown;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }
}
