package io.espalier.standalone.client.letter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The way of dead letters back to where they came from. */
public final class DeadLetterReplay {
  /** Header that says which letter a record was; the letter itself stays where it lies. */
  public static final String REPLAYED_FROM = "espalier.replayed-from";

  private static final int INVALID_INPUT = 3;

  private final Cluster cluster;
  private final Map<String, Topic<?>> known;

  private DeadLetterReplay(Cluster cluster) {
    this.cluster = cluster;
    known =
        cluster.topics().all(cluster.pools()).stream()
            .collect(Collectors.toMap(Topic::name, topic -> topic));
  }

  /**
   * Sends letters back, in the order of their names.
   *
   * @return exit code 3 if one could not be sent, and why
   */
  public static Result of(Address address, Collection<LetterId> ids) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return new DeadLetterReplay(cluster).send(List.copyOf(new TreeSet<>(ids)));
    }
  }

  /**
   * Sends letters back that came from a topic, in the order in which they came.
   *
   * @param topic its name, with or without the prefix
   * @return exit code 3 if one could not be sent, and why
   */
  public static Result allFrom(Address address, String topic) {
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      var filter =
          new DeadLetterListing.Filter(
              Optional.of(topic), Optional.empty(), DeadLetterListing.Filter.MOST);
      return new DeadLetterReplay(cluster)
          .send(
              DeadLetterListing.find(cluster, filter).letters().stream().map(Letter::id).toList());
    }
  }

  private Result send(List<LetterId> ids) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    var nodes = json.putArray("letters");
    var table = new TextTable("letter", "key", "to", "outcome");
    boolean complete = true;
    try (var reader = new LetterReader(cluster)) {
      for (LetterId id : ids) {
        Letter letter = reader.read(id);
        String source = letter.source(cluster.topics()).orElse("");
        Optional<String> problem = send(letter, source);
        complete &= problem.isEmpty();
        String outcome = problem.map(words -> "left out: " + words).orElse("replayed");
        table.row(id.toString(), letter.key(), source, outcome);
        nodes
            .addObject()
            .put("letter", id.toString())
            .put("topic", source)
            .put("replayed", problem.isEmpty())
            .put("outcome", outcome);
      }
    }
    Result result =
        Result.of(json, ids.isEmpty() ? "no letters came from there" : table.toString());
    return complete ? result : result.withExitCode(INVALID_INPUT);
  }

  private Optional<String> send(Letter letter, String source) {
    Topic<?> topic = known.get(source);
    if (topic == null) {
      return Optional.of(
          source.isEmpty()
              ? "it does not say where it came from"
              : "'%s' is no topic that is written to from outside".formatted(source));
    }
    Optional<String> problem = problem(letter, topic.settings().maxBytes());
    if (problem.isEmpty()) {
      cluster.send(back(letter, cluster.topics(), Instant.now()), topic.settings());
    }
    return problem;
  }

  /** Returns why a letter does not go back to a topic for events of at most so many bytes. */
  public static Optional<String> problem(Letter letter, int most) {
    if (letter.bytes() > most) {
      return Optional.of(
          "it has %d bytes, and an event there may have at most %d"
              .formatted(letter.bytes(), most));
    }
    return letter
        .cutFrom()
        .map(
            bytes ->
                "its value had %s bytes and was cut to %d; send the original again"
                    .formatted(bytes, letter.bytes()));
  }

  /**
   * Returns a letter as it was before it died, with a header that says which one it was. The header
   * with the run that failed stays: by that the coordinator opens the run again.
   */
  public static ProducerRecord<byte[], byte[]> back(Letter letter, Topics topics, Instant now) {
    Headers headers = new RecordHeaders();
    for (Header header : letter.found().headers()) {
      if (!header.key().startsWith(Letter.ERRORS) && !header.key().equals(DeadLetter.CUT_FROM)) {
        headers.add(header);
      }
    }
    String from = "%s/%s at %s".formatted(topics.deadLetters(), letter.id(), now);
    headers.remove(REPLAYED_FROM).add(REPLAYED_FROM, from.getBytes(UTF_8));
    return new ProducerRecord<>(
        letter.source(topics).orElseThrow(),
        null,
        letter.found().key(),
        letter.found().value(),
        headers);
  }
}
