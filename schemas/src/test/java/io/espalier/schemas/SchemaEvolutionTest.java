package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaParser;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every event must understand, and be understood by, every version of itself that was ever
 * published. Published versions lie in {@code src/test/resources/published}, one folder per topic,
 * and are never changed or removed.
 */
class SchemaEvolutionTest {
  private static final Path PUBLISHED = Path.of("src/test/resources/published");
  private static final Topics TOPICS =
      new Topics("", SchemaRegistry.inMemory("schema-evolution"), 1);

  @TestFactory
  Stream<DynamicTest> every_event_understands_its_published_predecessors_and_they_it() {
    return TOPICS.all(List.of("pool")).stream()
        .flatMap(
            topic ->
                published(topic.name()).stream()
                    .map(
                        file ->
                            DynamicTest.dynamicTest(
                                topic.name() + " and " + file.getFileName(),
                                () -> assertCompatible(topic.schema(), parse(file)))));
  }

  @Test
  void every_topic_has_a_published_schema_that_is_the_current_one() {
    assertThat(TOPICS.all(List.of("pool")))
        .allSatisfy(
            topic ->
                assertThat(published(topic.name()).stream().map(SchemaEvolutionTest::parse))
                    .as(
                        "%s has changed: add its new version to %s beside the older ones",
                        topic.name(), PUBLISHED.resolve(topic.name()))
                    .contains(Installation.plain(topic.schema())));
  }

  @Test
  void an_incompatible_change_would_be_found() {
    Schema current = TOPICS.runRequests().schema();
    Schema broken =
        new SchemaParser()
            .parse(
                """
                {"type":"record","name":"RunRequest","namespace":"io.espalier.event",
                 "fields":[{"name":"mandatory","type":"long"}]}""")
            .mainSchema();

    assertThat(compatible(broken, current)).isFalse();
  }

  @Test
  void every_field_is_documented() {
    assertThat(TOPICS.all(List.of("pool")).stream().flatMap(topic -> undocumented(topic.schema())))
        .isEmpty();
  }

  private static void assertCompatible(Schema current, Schema older) {
    assertThat(compatible(current, older)).as("the current reader reads older records").isTrue();
    assertThat(compatible(older, current)).as("an older reader reads current records").isTrue();
  }

  private static boolean compatible(Schema reader, Schema writer) {
    return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType()
        == SchemaCompatibilityType.COMPATIBLE;
  }

  private static Stream<String> undocumented(Schema schema) {
    return schema.getFields().stream()
        .filter(field -> field.doc() == null || field.doc().isBlank())
        .map(field -> schema.getName() + "." + field.name());
  }

  private static List<Path> published(String topic) {
    try (Stream<Path> files = Files.list(PUBLISHED.resolve(topic))) {
      return files.sorted().collect(Collectors.toList());
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  private static Schema parse(Path file) {
    try {
      return new SchemaParser().parse(file).mainSchema();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
