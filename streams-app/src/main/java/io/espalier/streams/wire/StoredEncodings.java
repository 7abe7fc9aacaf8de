package io.espalier.streams.wire;

import io.espalier.schemas.PublishedSchemas;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Encodings of what the coordinator keeps, each of which reads what any version has written: the
 * schemas of older versions of its own records lie in {@code state/vN}, those of events in module
 * schemas.
 */
final class StoredEncodings {
  private StoredEncodings() {}

  /** Returns the encoding of an event inside a record. */
  static <A extends SpecificRecordBase> SingleObject<A> ofEvent(A prototype) {
    return new SingleObject<>(
        prototype, PublishedSchemas.named(prototype.getSchema().getFullName()));
  }

  /** Returns the encoding of a record of the coordinator's own. */
  static <A extends SpecificRecordBase> SingleObject<A> ofState(A prototype) {
    String pattern = "/io/espalier/streams/state/v%d/" + prototype.getSchema().getName() + ".avsc";
    List<Schema> older = PublishedSchemas.numbered(StoredEncodings.class, pattern);
    return new SingleObject<>(prototype, older);
  }
}
