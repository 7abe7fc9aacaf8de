package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.ArtifactReference;
import io.espalier.event.StageCost;
import io.espalier.event.StageReport;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.WidthFact;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaParser;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
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
  void a_report_of_before_there_were_facts_reads_as_one_that_has_none() throws IOException {
    for (Schema older : olderReports()) {
      GenericRecord old =
          new GenericRecordBuilder(older)
              .set("algorithm", "fastnas")
              .set("algorithmVersion", "3")
              .set("change", Map.of("widths.a", "8 -> 6"))
              .set("metrics", List.of())
              .set("loadsIn", List.of("timm"))
              .set("cost", cost(older))
              .build();

      StageReport read = read(written(old), new SpecificDatumReader<>(older, StageReport.SCHEMA$));

      assertThat(read.getChange()).containsEntry("widths.a", "8 -> 6");
      assertThat(FactsMapping.fromAvro(read.getFacts())).isEqualTo(ChangeFacts.NONE);
    }
  }

  @Test
  void a_reader_of_before_reads_a_report_with_facts_as_it_always_did() throws IOException {
    var facts =
        new ChangeFacts(List.of(new WidthFact("a", "channels", "", 8, 6)), List.of(), List.of());
    var report =
        new StageReport(
            "fastnas",
            "3",
            Map.of("widths.a", "8 -> 6"),
            List.of(),
            List.of("timm"),
            new StageCost(5L, "cpu", null, false),
            null,
            FactsMapping.toAvro(facts));
    for (Schema older : olderReports()) {
      GenericRecord read =
          read(written(report), new GenericDatumReader<>(StageReport.SCHEMA$, older));

      assertThat(read.get("change")).hasToString("{widths.a=8 -> 6}");
      assertThat(read.getSchema().getField("facts")).isNull();
    }
  }

  @Test
  void a_model_to_read_of_before_there_were_listing_digests_demands_none() throws IOException {
    List<Schema> all = PublishedSchemas.named("io.espalier.event.ArtifactReference");
    List<Schema> older =
        all.stream().filter(schema -> schema.getField("listingDigest") == null).toList();
    assertThat(older).isNotEmpty();
    var now = new ArtifactReference("file:///a", "ab".repeat(32), "cd".repeat(32));
    for (Schema version : older) {
      GenericRecord old =
          new GenericRecordBuilder(version)
              .set("uri", "file:///a")
              .set("rootDigest", "ab".repeat(32))
              .build();

      ArtifactReference read =
          read(written(old), new SpecificDatumReader<>(version, ArtifactReference.SCHEMA$));
      GenericRecord readByOld =
          read(written(now), new GenericDatumReader<>(ArtifactReference.SCHEMA$, version));

      assertThat(read).isEqualTo(new ArtifactReference("file:///a", "ab".repeat(32), null));
      assertThat(readByOld).isEqualTo(old);
    }
  }

  private static List<Schema> olderReports() {
    List<Schema> older =
        PublishedSchemas.named("io.espalier.event.StageReport").stream()
            .filter(schema -> schema.getField("facts") == null)
            .toList();
    assertThat(older).isNotEmpty();
    return older;
  }

  private static GenericRecord cost(Schema report) {
    return new GenericRecordBuilder(report.getField("cost").schema())
        .set("wallMillis", 5L)
        .set("device", "cpu")
        .set("peakMemoryBytes", null)
        .set("cached", false)
        .build();
  }

  private static byte[] written(IndexedRecord value) throws IOException {
    var bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new SpecificDatumWriter<IndexedRecord>(value.getSchema()).write(value, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static <X> X read(byte[] bytes, DatumReader<X> reader) throws IOException {
    return reader.read(null, DecoderFactory.get().binaryDecoder(bytes, null));
  }

  @Test
  void an_incompatible_change_would_be_found() {
    Schema current = TOPICS.runRequests().schema();
    Schema broken =
        new SchemaParser()
            .parse(
                """
                {"type":"record","name":"RunRequest","namespace":"io.espalier.event",
                 "fields":[{"name":"mandatory","type":"long"}]}\
                """)
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
