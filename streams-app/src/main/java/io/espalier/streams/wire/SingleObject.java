package io.espalier.streams.wire;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.message.BinaryMessageEncoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Avro's single-object encoding of one generated type: a fingerprint of the schema, then the value.
 * For what the coordinator keeps for itself; no registry is asked.
 */
final class SingleObject<A extends SpecificRecordBase> {
  private final String what;
  private final BinaryMessageEncoder<A> encoder;
  private final BinaryMessageDecoder<A> decoder;

  SingleObject(A prototype) {
    SpecificData data = SpecificData.getForClass(prototype.getClass());
    what = prototype.getSchema().getFullName();
    encoder = new BinaryMessageEncoder<>(data, prototype.getSchema());
    decoder = new BinaryMessageDecoder<>(data, prototype.getSchema());
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
      throw new IllegalStateException(
          "%d bytes are not a %s in single-object encoding; were they written by another version?"
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
