package io.espalier.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.confluent.kafka.schemaregistry.ParsedSchema;
import io.confluent.kafka.schemaregistry.SchemaProvider;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.avro.AvroSchemaProvider;
import io.confluent.kafka.schemaregistry.client.rest.entities.Schema;
import java.util.List;
import java.util.Map;
import org.apache.avro.SchemaBuilder;

/**
 * Schemas of one kind in the registry's answers. Registries are shared: a schema that is not Avro,
 * or that Java's Avro refuses, is somebody else's, and the answer that holds it is in order. It
 * becomes an empty record with a telling name, which is no event of ours.
 */
final class AvroOrForeign implements SchemaProvider {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final SchemaProvider avro = new AvroSchemaProvider();
  private final String type;

  private AvroOrForeign(String type) {
    this.type = type;
  }

  /** Returns one for each kind of schema that a registry may hold. */
  static List<SchemaProvider> all() {
    return List.of(
        new AvroOrForeign(AvroSchema.TYPE),
        new AvroOrForeign("JSON"),
        new AvroOrForeign("PROTOBUF"));
  }

  @Override
  public void configure(Map<String, ?> settings) {
    avro.configure(settings);
  }

  @Override
  public String schemaType() {
    return type;
  }

  /**
   * Reads a schema.
   *
   * @throws IllegalArgumentException if the answer holds none
   */
  @Override
  public ParsedSchema parseSchemaOrElseThrow(Schema schema, boolean isNew, boolean normalize) {
    String text = schema.getSchema();
    if (text == null || text.isBlank()) {
      throw new IllegalArgumentException("wanted a schema, found none in the registry's answer");
    }
    if (!type.equals(AvroSchema.TYPE)) {
      return foreign(type);
    }
    return avro.parseSchema(schema, isNew, normalize).orElseGet(() -> foreignAvro(text));
  }

  private static ParsedSchema foreignAvro(String text) {
    try {
      JSON.readTree(text);
    } catch (JsonProcessingException garbage) {
      throw new IllegalArgumentException("wanted a schema, found text that is no JSON", garbage);
    }
    return foreign(AvroSchema.TYPE);
  }

  private static ParsedSchema foreign(String type) {
    return new AvroSchema(SchemaBuilder.record("Foreign_" + type + "_schema").fields().endRecord());
  }
}
