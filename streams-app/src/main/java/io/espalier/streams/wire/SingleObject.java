package io.espalier.streams.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Avro's single-object encoding of one generated type: a fingerprint of the schema, then the value.
 * For what the coordinator keeps for itself; no registry is asked. Reads what any version wrote
 * whose schema it is given.
 */
final class SingleObject<A extends SpecificRecordBase> {
  private final String what;
  private final BinaryMessageEncoder<A> encoder;
  private final BinaryMessageDecoder<A> decoder;

  /** Writes and reads values of a prototype's type, and reads those of older schemas of it. */
  SingleObject(A prototype, List<Schema> older) {
    SpecificData data = SpecificData.getForClass(prototype.getClass());
    what = prototype.getSchema().getFullName();
    encoder = new BinaryMessageEncoder<>(data, prototype.getSchema());
    decoder = new BinaryMessageDecoder<>(data, prototype.getSchema());
    older.forEach(decoder::addSchema);
  }

  ByteBuffer encode(A value) {
    try {
      return encoder.encode(value);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot encode a " + what, e);
    }
  }

  A decode(ByteBuffer bytes) {
    try {
      return decoder.decode(bytes.duplicate());
    } catch (IOException | AvroRuntimeException e) {
      throw new UnreadableStateException(
          "%d bytes of the coordinator's own state are no %s that this version can read. Were they written by a newer version? Start that one again; the state is untouched."
              .formatted(bytes.remaining(), what),
          e);
    }
  }

  byte[] toBytes(A value) {
    ByteBuffer encoded = encode(value);
    byte[] bytes = new byte[encoded.remaining()];
    encoded.get(bytes);
    return bytes;
  }
}
