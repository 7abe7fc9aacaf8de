package io.espalier.standalone.client.letter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.schemas.DeadLetter;
import io.espalier.schemas.Topics;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * A record that could not be read or processed, as it lies among the dead letters.
 *
 * @param found the record there
 */
public record Letter(ConsumerRecord<byte[], byte[]> found) {
  /** Begins the names of the headers that say why it is there. */
  static final String ERRORS = "__streams.errors.";

  private static final String RUN_ID = "espalier.run-id";
  private static final int QUOTED = 80;
  private static final Pattern REPLAYED = Pattern.compile(".*/([0-9]+-[0-9]+) at .*");

  /** Its name. */
  LetterId id() {
    return new LetterId(found.partition(), found.offset());
  }

  /** Returns when it came to the dead letters. */
  Instant at() {
    return Instant.ofEpochMilli(found.timestamp());
  }

  /** The topic that it came from, by its full name, as far as that is known. */
  public Optional<String> source(Topics topics) {
    Optional<String> named = header(ERRORS + "topic");
    if (named.filter("policies"::equals).isPresent()) {
      return Optional.of(topics.pruningPolicies().name()); // read through a table of that name
    }
    return named.isEmpty() && runId().isPresent()
        ? Optional.of(topics.modelRegistered().name()) // a registration whose run has failed
        : named;
  }

  /** The failure's type, without its package. */
  String cause() {
    String type = header(ERRORS + "exception").orElse("unknown");
    return type.substring(type.lastIndexOf('.') + 1);
  }

  /** The failure in words. */
  String message() {
    return header(ERRORS + "message").orElse("");
  }

  /** The run that failed, if one did. */
  Optional<String> runId() {
    return header(RUN_ID);
  }

  /** Returns the letter that was replayed and came back as this one, if that is how it came. */
  Optional<LetterId> replayedFrom() {
    return header(DeadLetterReplay.REPLAYED_FROM)
        .map(REPLAYED::matcher)
        .filter(Matcher::matches)
        .flatMap(place -> LetterId.parse(place.group(1)));
  }

  /** The size that its value had before it was cut, in bytes, if it was. */
  Optional<String> cutFrom() {
    return header(DeadLetter.CUT_FROM);
  }

  /** Its key as text, with a bound on its length. */
  public String key() {
    return found.key() == null ? "" : shortened(new String(found.key(), UTF_8));
  }

  /** Size of its value in bytes. */
  public int bytes() {
    return Math.max(0, found.serializedValueSize());
  }

  /** Returns a letter's record without its value, which may be large; its size stays known. */
  public static ConsumerRecord<byte[], byte[]> withoutValue(ConsumerRecord<byte[], byte[]> found) {
    return new ConsumerRecord<>(
        found.topic(),
        found.partition(),
        found.offset(),
        found.timestamp(),
        found.timestampType(),
        found.serializedKeySize(),
        found.serializedValueSize(),
        found.key(),
        null,
        found.headers(),
        found.leaderEpoch());
  }

  /** The value of one of its headers as text. */
  Optional<String> header(String name) {
    Header header = found.headers().lastHeader(name);
    return header == null || header.value() == null
        ? Optional.empty()
        : Optional.of(new String(header.value(), UTF_8));
  }

  /** Returns what is said of it in a list. */
  ObjectNode json(Topics topics) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("letter", id().toString()).put("at", at().toString());
    source(topics).ifPresent(topic -> json.put("topic", topic));
    header(ERRORS + "partition").ifPresent(text -> number(json, "partition", text));
    header(ERRORS + "offset").ifPresent(text -> number(json, "offset", text));
    json.put("key", key()).put("cause", cause()).put("message", message()).put("bytes", bytes());
    runId().ifPresent(run -> json.put("runId", run));
    cutFrom().ifPresent(text -> number(json, "cutFromBytes", text));
    replayedFrom().ifPresent(letter -> json.put("replayedFrom", letter.toString()));
    return json;
  }

  private static void number(ObjectNode json, String name, String text) {
    if (text.matches("[0-9]{1,18}")) {
      json.put(name, Long.parseLong(text));
    }
  }

  private static String shortened(String text) {
    return text.length() <= QUOTED ? text : text.substring(0, QUOTED) + "…";
  }
}
