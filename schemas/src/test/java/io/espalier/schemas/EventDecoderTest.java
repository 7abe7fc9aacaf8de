package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.avro.AvroTypeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.util.Utf8;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that output of Avro's own encoders is read, and claims that the bytes cannot hold are not.
 */
class EventDecoderTest {
  private static final Schema EVERYTHING =
      SchemaBuilder.record("Everything")
          .fields()
          .requiredBoolean("yes")
          .requiredInt("small")
          .requiredLong("large")
          .requiredFloat("rough")
          .requiredDouble("exact")
          .requiredString("text")
          .requiredBytes("bytes")
          .optionalString("maybe")
          .name("digest")
          .type(Schema.createFixed("Digest", null, null, 4))
          .noDefault()
          .name("names")
          .type()
          .array()
          .items()
          .stringType()
          .noDefault()
          .name("counts")
          .type()
          .map()
          .values()
          .longType()
          .noDefault()
          .requiredString("last")
          .endRecord();

  private static final Schema ONLY_THE_LAST =
      SchemaBuilder.record("Everything").fields().requiredString("last").endRecord();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void what_avro_writes_is_read_with_sizes_of_blocks_and_without(boolean blocks)
      throws IOException {
    var random = new Random(11);
    for (int i = 0; i < 200; i++) {
      GenericRecord written = everything(random);

      byte[] bytes = encoded(written, blocks);

      assertThat(decoded(bytes, EVERYTHING)).isEqualTo(written);
      assertThat(decoded(bytes, ONLY_THE_LAST).get("last")).isEqualTo(written.get("last"));
    }
  }

  @Test
  void every_beginning_of_a_record_is_refused_and_none_takes_memory() throws IOException {
    byte[] whole = encoded(everything(new Random(12)), false);

    for (int length = 0; length < whole.length; length++) {
      byte[] part = java.util.Arrays.copyOf(whole, length);
      assertThatThrownBy(() -> decoded(part, EVERYTHING)).isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {10, 1L << 31, Long.MAX_VALUE})
  void a_length_or_count_beyond_the_bytes_is_refused(long claimed) {
    ByteBuffer bytes = number(claimed);

    assertThatThrownBy(() -> new EventDecoder(bytes).readString()).isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> new EventDecoder(bytes).readBytes(null))
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> new EventDecoder(bytes).skipString()).isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> new EventDecoder(bytes).skipArray()).isInstanceOf(EOFException.class);
    requireNoBlock(bytes);
    requireNoBlock(number(-claimed)); // with a size in bytes
  }

  private static void requireNoBlock(ByteBuffer bytes) {
    assertThatThrownBy(() -> new EventDecoder(bytes).readArrayStart())
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> new EventDecoder(bytes).readMapStart())
        .isInstanceOf(EOFException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE})
  void a_negative_length_is_refused(long claimed) {
    assertThatThrownBy(() -> new EventDecoder(number(claimed)).readString())
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(() -> new EventDecoder(number(claimed)).skipBytes())
        .isInstanceOf(EOFException.class);
  }

  @Test
  void a_number_without_an_end_is_refused() {
    var endless = new byte[20];
    java.util.Arrays.fill(endless, (byte) 0xFF);

    assertThatThrownBy(() -> new EventDecoder(ByteBuffer.wrap(endless)).readLong())
        .isInstanceOf(AvroTypeException.class);
  }

  @Test
  void a_number_of_64_bits_is_no_number_of_32() {
    assertThatThrownBy(() -> new EventDecoder(number(1L << 40)).readInt())
        .isInstanceOf(AvroTypeException.class)
        .hasMessageContaining("1099511627776");
  }

  private static GenericRecord everything(Random random) {
    return new GenericRecordBuilder(EVERYTHING)
        .set("yes", random.nextBoolean())
        .set("small", random.nextInt())
        .set("large", random.nextLong())
        .set("rough", random.nextFloat())
        .set("exact", random.nextGaussian())
        .set("text", new Utf8("grüße " + random.nextInt()))
        .set("bytes", ByteBuffer.wrap(new byte[] {1, 2, 3}))
        .set("maybe", random.nextBoolean() ? new Utf8("there") : null)
        .set(
            "digest",
            new org.apache.avro.generic.GenericData.Fixed(
                EVERYTHING.getField("digest").schema(), new byte[] {4, 5, 6, 7}))
        .set("names", names(random.nextInt(40)))
        .set("counts", Map.of(new Utf8("a"), random.nextLong(), new Utf8("b"), -1L))
        .set("last", new Utf8("end"))
        .build();
  }

  private static List<Utf8> names(int count) {
    return IntStream.range(0, count).mapToObj(i -> new Utf8("name " + i)).toList();
  }

  private static byte[] encoded(GenericRecord record, boolean blocks) throws IOException {
    var bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder =
        blocks
            ? EncoderFactory.get().blockingBinaryEncoder(bytes, null)
            : EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(EVERYTHING).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }

  private static GenericRecord decoded(byte[] bytes, Schema reads) throws IOException {
    return new GenericDatumReader<GenericRecord>(EVERYTHING, reads)
        .read(null, new EventDecoder(ByteBuffer.wrap(bytes)));
  }

  /** The number and nine further bytes. */
  private static ByteBuffer number(long value) {
    try {
      var bytes = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
      encoder.writeLong(value);
      encoder.writeFixed(new byte[9]);
      encoder.flush();
      return ByteBuffer.wrap(bytes.toByteArray());
    } catch (IOException failed) {
      throw new AssertionError(failed);
    }
  }
}
