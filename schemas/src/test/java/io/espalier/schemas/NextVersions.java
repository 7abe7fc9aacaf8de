package io.espalier.schemas;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaFormatter;

/** Writes the schema of each event that has changed as its next published version. */
final class NextVersions {
  private static final Path FOLDER = Path.of("src/main/resources/io/espalier/schemas/published");

  private NextVersions() {}

  /** Writes them to their places, seen from this module. */
  public static void main(String[] arguments) throws IOException {
    var topics = new Topics("", SchemaRegistry.inMemory("next-versions"), 1);
    for (Topic<?> topic : topics.all(List.of("pool"))) {
      Schema current = Installation.plain(topic.schema());
      List<Schema> published = PublishedSchemas.of(topic.name());
      if (!published.contains(current)) {
        Path file =
            FOLDER.resolve(topic.name()).resolve("v%d.avsc".formatted(published.size() + 1));
        Files.writeString(file, SchemaFormatter.format("json/pretty", current) + "\n");
      }
    }
  }
}
