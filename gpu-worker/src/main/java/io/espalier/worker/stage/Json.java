package io.espalier.worker.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;

/** JSON files and lines as this package writes them. */
public final class Json {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  private Json() {}

  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** On one line, without white space. */
  public static String line(JsonNode node) {
    return node.toString();
  }

  public static JsonNode parse(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /** The same JSON with sorted keys and without white space. */
  public static String canonical(String text) {
    try {
      return MAPPER.writeValueAsString(MAPPER.readValue(text, Object.class));
    } catch (JsonProcessingException e) {
      throw new InvalidInputException(
          "the stage's spec should be JSON, but is '%s': %s"
              .formatted(Quoted.of(text), Quoted.place(e.getOriginalMessage())));
    }
  }

  /** Writes a file so that it is there whole or not at all. */
  public static void write(Path file, JsonNode node) {
    try {
      Path parent = Files.createDirectories(file.toAbsolutePath().getParent());
      Path partial = Files.createTempFile(parent, "." + file.getFileName(), ".partial");
      try {
        Files.write(partial, MAPPER.writeValueAsBytes(node));
        Files.move(
            partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial); // or a full disk would fill with halves
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not write " + file, e);
    }
  }

  public static JsonNode read(Path file) {
    try {
      return MAPPER.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("could not read " + file, e);
    }
  }

  /** JSON has no NaN or infinity; they travel as text, since a diverging loss is worth telling. */
  public static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    } else {
      node.put(name, Double.toString(value));
    }
  }

  public static double number(JsonNode value) {
    return value.isTextual() ? Double.parseDouble(value.textValue()) : value.doubleValue();
  }

  public static ObjectNode texts(Map<String, String> values) {
    ObjectNode node = object();
    new TreeMap<>(values).forEach(node::put);
    return node;
  }

  public static Map<String, String> texts(JsonNode node) {
    Map<String, String> values = new TreeMap<>();
    node.properties().forEach(field -> values.put(field.getKey(), field.getValue().asText()));
    return values;
  }
}
