package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class PublishedSchemasTest {
  @Test
  void versions_of_a_topic_come_oldest_first() {
    List<Schema> versions = PublishedSchemas.of("stage-events");

    assertThat(versions).hasSizeGreaterThanOrEqualTo(2);
    assertThat(versions.get(0).getField("token")).isNull();
    assertThat(versions.get(1).getField("token")).isNotNull();
  }

  @Test
  void a_topic_that_never_was_has_none() {
    assertThat(PublishedSchemas.of("no-such-topic")).isEmpty();
  }

  @Test
  void every_topic_of_an_installation_can_be_found_by_the_name_of_its_event() {
    var topics = new Topics("", SchemaRegistry.inMemory("published"), 1);

    assertThat(topics.all(List.of("pool")))
        .allSatisfy(
            topic ->
                assertThat(PublishedSchemas.named(topic.schema().getFullName()))
                    .containsAll(PublishedSchemas.of(topic.name())));
  }

  @Test
  void a_record_inside_others_is_found_in_each_of_its_versions_once() {
    List<Schema> versions = PublishedSchemas.named("io.espalier.event.Artifact");

    assertThat(versions)
        .extracting(
            version ->
                List.of("manifestUri", "listingDigest").stream()
                    .filter(field -> version.getField(field) != null)
                    .toList())
        .containsExactly(
            List.of(), List.of("manifestUri"), List.of("manifestUri", "listingDigest"));
  }

  @Test
  void a_record_in_a_union_in_an_array_in_a_map_is_found() {
    Schema inner = SchemaBuilder.record("Inner").fields().requiredLong("x").endRecord();
    Schema outer =
        SchemaBuilder.record("Outer")
            .fields()
            .name("deep")
            .type(
                Schema.createMap(
                    Schema.createArray(Schema.createUnion(Schema.create(Schema.Type.NULL), inner))))
            .noDefault()
            .endRecord();

    assertThat(PublishedSchemas.named("Inner", List.of(outer, outer))).containsExactly(inner);
    assertThat(PublishedSchemas.named("Absent", List.of(outer))).isEmpty();
  }

  @Test
  void a_record_that_holds_itself_comes_to_an_end() {
    Schema list = Schema.createRecord("List", null, null, false);
    list.setFields(
        List.of(
            new Schema.Field(
                "next", Schema.createUnion(Schema.create(Schema.Type.NULL), list), null)));

    assertThat(PublishedSchemas.named("List", List.of(list))).containsExactly(list);
  }
}
