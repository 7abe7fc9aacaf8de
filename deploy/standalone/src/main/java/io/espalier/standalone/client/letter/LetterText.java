package io.espalier.standalone.client.letter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.schemas.RegistryUnavailableException;
import io.espalier.schemas.Topic;
import io.espalier.schemas.Topics;
import io.espalier.schemas.UnreadableEventException;
import io.espalier.standalone.client.Events;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Format;
import io.espalier.standalone.report.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;
import org.apache.kafka.common.header.Header;

/** A dead letter for people: headers, and a bounded view of its bytes. */
public final class LetterText {
  private static final int SHOWN_BYTES = 256;
  private static final int BYTES_A_LINE = 16;
  private static final int SHOWN_HEADER = 2_000;

  private LetterText() {}

  /**
   * Returns a letter as text and JSON.
   *
   * @param pools pools whose commands can be read as such
   */
  public static Result of(Letter letter, Topics topics, List<String> pools) {
    ObjectNode json = letter.json(topics);
    var lines = new ArrayList<String>();
    lines.add("letter   " + letter.id());
    lines.add("came     " + letter.at());
    lines.add("from     " + letter.source(topics).orElse("unknown") + place(letter));
    lines.add("key      " + letter.key());
    lines.add("cause    " + letter.cause());
    letter.message().lines().forEach(line -> lines.add("         " + line));
    lines.add("");
    headers(letter, json.putObject("headers"), lines);
    lines.add("");
    value(letter, read(letter, topics, pools), json, lines);
    return Result.of(json, String.join("\n", lines));
  }

  private static String place(Letter letter) {
    Optional<String> offset = letter.header(Letter.ERRORS + "offset");
    return offset
        .map(
            at ->
                ", partition %s, offset %s"
                    .formatted(letter.header(Letter.ERRORS + "partition").orElse("?"), at))
        .orElse("");
  }

  private static void headers(Letter letter, ObjectNode json, List<String> lines) {
    for (Header header : letter.found().headers()) {
      String text = header.value() == null ? "" : new String(header.value(), UTF_8);
      String shown =
          text.length() <= SHOWN_HEADER
              ? text
              : text.substring(0, SHOWN_HEADER)
                  + "… (%s characters)".formatted(Figures.count(text.length()));
      json.put(header.key(), shown);
      lines.add(header.key() + ": " + shown.strip().replaceAll("\\R", "\n    "));
    }
  }

  /** The event that a value is, or why it is none. */
  private record Reading(Optional<ObjectNode> event, String problem) {}

  private static Reading read(Letter letter, Topics topics, List<String> pools) {
    Optional<Topic<?>> source =
        letter
            .source(topics)
            .flatMap(
                name ->
                    topics.all(pools).stream()
                        .filter(topic -> topic.name().equals(name))
                        .findAny());
    if (source.isEmpty() || letter.found().value() == null) {
      return new Reading(Optional.empty(), "");
    }
    try {
      Object event =
          source
              .get()
              .values()
              .deserializer()
              .deserialize(source.get().name(), letter.found().value());
      return new Reading(Optional.of(Events.json((IndexedRecord) event)), "");
    } catch (UnreadableEventException | RegistryUnavailableException unreadable) {
      return new Reading(Optional.empty(), String.valueOf(unreadable.getMessage()));
    }
  }

  private static void value(Letter letter, Reading reading, ObjectNode json, List<String> lines) {
    String size = "value: %s bytes".formatted(Figures.count(letter.bytes()));
    if (reading.event().isPresent()) {
      ObjectNode event = reading.event().get();
      json.set("event", event);
      lines.add(size + ", which can be read now");
      lines.add(Format.YAML.of(Result.of(event, "")));
      return;
    }
    lines.add(size + (reading.problem().isEmpty() ? "" : ": " + reading.problem()));
    byte[] value = letter.found().value() == null ? new byte[0] : letter.found().value();
    byte[] shown = Arrays.copyOf(value, Math.min(SHOWN_BYTES, value.length));
    json.put("text", new String(shown, UTF_8)).put("hex", HexFormat.of().formatHex(shown));
    for (int at = 0; at < shown.length; at += BYTES_A_LINE) {
      lines.add(line(shown, at));
    }
    if (value.length > shown.length) {
      lines.add("(the first %d bytes)".formatted(shown.length));
    }
  }

  private static String line(byte[] shown, int at) {
    int end = Math.min(shown.length, at + BYTES_A_LINE);
    var letters = new StringBuilder();
    for (int i = at; i < end; i++) {
      letters.append(shown[i] >= ' ' && shown[i] < 0x7F ? (char) shown[i] : '.');
    }
    return "%04x  %-48s %s"
        .formatted(at, HexFormat.ofDelimiter(" ").formatHex(shown, at, end), letters);
  }
}
