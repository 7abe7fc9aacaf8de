package io.espalier.schemas;

import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/**
 * Prerequisites of an installation before anything can run: its topics, and its schemas in the
 * registry.
 *
 * <p>Setting up again changes nothing that is there, and adds what is missing, such as the topic of
 * a new pool.
 *
 * @param topics the topics
 * @param registry where the schemas go
 * @param pools the pools of workers
 */
public record Installation(Topics topics, SchemaRegistry registry, List<String> pools) {
  /** Consumers and producers of any age understand each other, in either direction. */
  static final String COMPATIBILITY = "FULL_TRANSITIVE";

  /** Copies of each record where there are brokers enough: one may be lost, and one be away. */
  public static final int USUAL_REPLICATION = 3;

  /** An installation; the list is copied. */
  public Installation {
    pools = List.copyOf(pools);
  }

  /**
   * Additions; empty lists if everything was there.
   *
   * @param topics names of topics that were created
   * @param subjects subjects under which a schema was registered that had not been there before
   * @param changed names of topics that were there and got other settings
   * @param divided names of topics of commands that were there with more than one partition, which
   *     an older version made; nothing takes a partition away
   */
  public record Added(
      List<String> topics, List<String> subjects, List<String> changed, List<String> divided) {}

  /**
   * Creates the topics that are missing, sets those that are there as they should be and registers
   * every schema.
   *
   * @param replication copies of each record; with {@value #USUAL_REPLICATION} or more, two of them
   *     must be written before the record counts
   * @throws InstallationException if the broker or the registry cannot be reached or refuse
   */
  public Added setUp(Admin admin, short replication) {
    var setup = new TopicSetup(admin);
    Map<String, Map<String, String>> differences = setup.differences(settings());
    if (!differences.isEmpty()) {
      setup.alter(differences);
    }
    List<String> created = setup.create(newTopics(replication));
    List<String> changed = List.copyOf(differences.keySet());
    return new Added(created, registerSchemas(), changed, setup.divided(commandTopics()));
  }

  /**
   * Returns, in words, which of the topics that are there are not set as they should be.
   *
   * @throws InstallationException if the brokers do not say
   */
  public List<String> wrongSettings(Admin admin) {
    return new TopicSetup(admin)
        .differences(settings()).entrySet().stream()
            .map(
                topic -> "topic %s should be set to %s".formatted(topic.getKey(), topic.getValue()))
            .toList();
  }

  private List<String> commandTopics() {
    return pools.stream().map(topics::stageCommands).map(Topic::name).toList();
  }

  private Map<String, TopicSettings> settings() {
    Map<String, TopicSettings> settings = new TreeMap<>();
    topics.all(pools).forEach(topic -> settings.put(topic.name(), topic.settings()));
    settings.put(topics.deadLetters(), TopicSettings.deadLetters());
    return settings;
  }

  /** Returns the copies of each record on so many brokers if nobody says how many. */
  public static short usualReplication(int brokers) {
    return (short) Math.min(USUAL_REPLICATION, brokers);
  }

  /** Returns every topic as it is created with so many copies of each record. */
  List<NewTopic> newTopics(short replication) {
    return Stream.concat(
            topics.all(pools).stream()
                .map(
                    topic ->
                        new NewTopic(topic.name(), topic.partitions(), replication)
                            .configs(copied(topic.settings(), replication))),
            Stream.of(
                new NewTopic(topics.deadLetters(), 1, replication)
                    .configs(copied(TopicSettings.deadLetters(), replication))))
        .toList();
  }

  /** With three copies two must be written before a record counts: one broker may be lost. */
  private static Map<String, String> copied(TopicSettings settings, short replication) {
    Map<String, String> all = new TreeMap<>(settings.asMap());
    if (replication >= USUAL_REPLICATION) {
      all.put("min.insync.replicas", "2");
    }
    return all;
  }

  /**
   * Registers every schema under its subject, after setting the subject's compatibility, and
   * returns the subjects that changed. A schema that is not compatible with those registered before
   * is refused by the registry.
   */
  public List<String> registerSchemas() {
    SchemaRegistryClient client = registry.client();
    var added = new ArrayList<String>();
    for (Topic<?> topic : topics.all(pools)) {
      if (register(client, topic.subject(), topic.schema())) {
        added.add(topic.subject());
      }
    }
    return added;
  }

  /** Returns which of the topics are not there. */
  public Set<String> missingTopics(Set<String> present) {
    var missing = new TreeSet<String>();
    topics.all(pools).forEach(topic -> missing.add(topic.name()));
    missing.add(topics.deadLetters());
    missing.removeAll(present);
    return missing;
  }

  private static boolean register(SchemaRegistryClient client, String subject, Schema schema) {
    var published = new AvroSchema(plain(schema));
    try {
      if (isRegistered(client, subject, published)) {
        return false;
      }
      // The level must stand before the first change: registries differ in their default.
      client.updateCompatibility(subject, COMPATIBILITY);
      client.register(subject, published);
      return true;
    } catch (RestClientException refused) {
      throw new InstallationException(
          ("the registry refused the schema of subject '%s': %s. A schema may only change so that"
                  + " every older and newer reader understands it: add fields with defaults, remove"
                  + " only such fields.")
              .formatted(subject, refused.getMessage()),
          refused);
    } catch (IOException unreachable) {
      throw new InstallationException(
          "the schema registry cannot be reached: %s. Is it running, and is its URL right?"
              .formatted(SchemaRegistry.withoutUsers(String.valueOf(unreachable.getMessage()))),
          unreachable);
    }
  }

  private static boolean isRegistered(
      SchemaRegistryClient client, String subject, AvroSchema schema)
      throws IOException, RestClientException {
    try {
      client.getId(subject, schema);
      return true;
    } catch (RestClientException unknown) {
      if (unknown.getStatus() == HttpURLConnection.HTTP_NOT_FOUND) {
        return false;
      }
      throw unknown;
    }
  }

  /** The schema without Java's own hint on strings, as every other language sees it. */
  static Schema plain(Schema schema) {
    String withoutHint = schema.toString().replace(",\"avro.java.string\":\"String\"", "");
    return new Schema.Parser().parse(withoutHint);
  }
}
