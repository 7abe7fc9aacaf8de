package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
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
 * published.
 */
class SchemaEvolutionTest {
  private static final Topics TOPICS =
      new Topics("", SchemaRegistry.inMemory("schema-evolution"), 1);

  @TestFactory
  Stream<DynamicTest> every_event_understands_its_published_predecessors_and_they_it() {
    return TOPICS.all(List.of("pool")).stream()
        .flatMap(
            topic ->
                PublishedSchemas.of(topic.name()).stream()
                    .map(
                        older ->
                            DynamicTest.dynamicTest(
                                topic.name() + " and a published version",
                                () -> assertCompatible(topic.schema(), older))));
  }

  @Test
  void every_topic_has_a_published_schema_that_is_the_current_one() {
    assertThat(TOPICS.all(List.of("pool")))
        .allSatisfy(
            topic ->
                assertThat(PublishedSchemas.of(topic.name()))
                    .as("%s has changed: publish its new version, too", topic.name())
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
}
