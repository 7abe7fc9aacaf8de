package io.espalier.schemas;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Every version of every event's schema that was ever published. They lie in {@code
 * published/TOPIC/vN.avsc} and are never changed or removed, so that what was written by any
 * version can be read.
 */
public final class PublishedSchemas {
  private static final List<String> TOPICS =
      List.of(
          "closed-attempts",
          "model-registered",
          "model-rejected",
          "pruned-model",
          "pruning-policies",
          "registration-answers",
          "run-requests",
          "runs",
          "stage-commands.pool",
          "stage-events",
          "worker-heartbeats");

  private PublishedSchemas() {}

  /** Returns the versions of a topic's schema, the oldest first. */
  public static List<Schema> of(String topic) {
    return numbered(PublishedSchemas.class, "published/" + topic + "/v%d.avsc");
  }

  /** Returns every published version of a record type, also of one that is part of others. */
  public static List<Schema> named(String fullName) {
    List<Schema> versions = TOPICS.stream().flatMap(topic -> of(topic).stream()).toList();
    return named(fullName, versions);
  }

  /** Returns the versions of a record type that the given schemas have or are part of. */
  public static List<Schema> named(String fullName, List<Schema> schemas) {
    Map<String, Schema> found = new LinkedHashMap<>();
    for (Schema schema : schemas) {
      collect(schema, fullName, found, new HashSet<>());
    }
    return List.copyOf(found.values());
  }

  /**
   * Returns the schemas of numbered resources, from 1 to the last that there is.
   *
   * @param beside class that they lie beside
   * @param pattern name with {@code %d} for the number
   */
  public static List<Schema> numbered(Class<?> beside, String pattern) {
    List<Schema> versions = new ArrayList<>();
    for (int number = 1; ; number++) {
      try (InputStream file = beside.getResourceAsStream(pattern.formatted(number))) {
        if (file == null) {
          return versions;
        }
        versions.add(new Schema.Parser().parse(file));
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + pattern.formatted(number), e);
      }
    }
  }

  private static void collect(
      Schema schema, String fullName, Map<String, Schema> found, Set<String> seen) {
    switch (schema.getType()) {
      case RECORD -> {
        if (seen.add(schema.getFullName())) {
          if (schema.getFullName().equals(fullName)) {
            found.putIfAbsent(schema.toString(), schema);
          }
          schema.getFields().forEach(field -> collect(field.schema(), fullName, found, seen));
        }
      }
      case UNION -> schema.getTypes().forEach(type -> collect(type, fullName, found, seen));
      case ARRAY -> collect(schema.getElementType(), fullName, found, seen);
      case MAP -> collect(schema.getValueType(), fullName, found, seen);
      default -> {
        // holds no record
      }
    }
  }
}
