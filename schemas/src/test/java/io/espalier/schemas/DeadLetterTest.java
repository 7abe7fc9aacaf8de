package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.AbstractRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
  private final IllegalStateException cause = new IllegalStateException("no good");

  @Test
  void it_keeps_the_record_and_says_where_it_was_and_why() {
    var headers = new RecordHeaders().add("ce_id", "1".getBytes(UTF_8));
    var letter = letter(refused("key".getBytes(UTF_8), "value".getBytes(UTF_8), headers), cause);

    assertThat(letter.topic()).isEqualTo("dead-letters");
    assertThat(letter.key()).asString(UTF_8).isEqualTo("key");
    assertThat(letter.value()).asString(UTF_8).isEqualTo("value");
    assertThat(header(letter, "ce_id")).contains("1");
    assertThat(header(letter, "__streams.errors.exception"))
        .contains("java.lang.IllegalStateException");
    assertThat(header(letter, "__streams.errors.message")).contains("no good");
    assertThat(header(letter, "__streams.errors.stacktrace").orElseThrow())
        .contains("DeadLetterTest");
    assertThat(header(letter, "__streams.errors.topic")).contains("source");
    assertThat(header(letter, "__streams.errors.partition")).contains("3");
    assertThat(header(letter, "__streams.errors.offset")).contains("42");
    assertThat(header(letter, DeadLetter.CUT_FROM)).isEmpty();
    assertThat(letter.timestamp()).as("no time of a foreign clock").isNull();
  }

  @Test
  void nulls_stay_nulls() {
    var letter = letter(refused(null, null, new RecordHeaders()), new IllegalStateException());

    assertThat(letter.key()).isNull();
    assertThat(letter.value()).isNull();
    assertThat(header(letter, "__streams.errors.message")).contains("null");
  }

  @Test
  void a_value_of_four_megabytes_is_cut_and_says_how_large_it_was() {
    var letter = letter(refused(null, new byte[4 << 20], new RecordHeaders()), cause);

    requireFits(letter);
    assertThat(letter.value()).hasSizeLessThan(100_000);
    assertThat(header(letter, DeadLetter.CUT_FROM)).contains("" + (4 << 20));
  }

  @Test
  void the_largest_of_everything_still_fits() {
    var headers = new RecordHeaders();
    IntStream.range(0, 5_000)
        .forEach(i -> headers.add("ö".repeat(100) + i, new byte[200])); // 2 MB in all
    var letter =
        letter(
            refused(new byte[1 << 20], new byte[3 << 20], headers),
            new IllegalStateException("日".repeat(2_000_000)));

    requireFits(letter);
    assertThat(letter.value()).hasSize(3 << 20);
    assertThat(header(letter, "__streams.errors.message").orElseThrow())
        .hasSizeLessThan(17_000)
        .endsWith("... (2,000,000 characters in all)");
  }

  @Test
  void headers_of_a_hundred_megabytes_are_left_out_and_the_small_ones_stay() {
    var headers = new RecordHeaders();
    headers.add("huge", new byte[100 << 20]);
    headers.add("traceparent", "00-trace".getBytes(UTF_8));

    var letter = letter(refused(null, null, headers), cause);

    requireFits(letter);
    assertThat(header(letter, "huge")).isEmpty();
    assertThat(header(letter, "traceparent")).contains("00-trace");
  }

  @Test
  void a_million_empty_headers_fit() {
    var headers = new RecordHeaders();
    IntStream.range(0, 1_000_000).forEach(i -> headers.add("", null));

    requireFits(letter(refused(null, new byte[3 << 20], headers), cause));
  }

  @Test
  void the_cause_of_an_earlier_failure_is_replaced() {
    var headers = new RecordHeaders().add("__streams.errors.message", "older".getBytes(UTF_8));

    var letter = letter(refused(null, null, headers), cause);

    assertThat(letter.headers().headers("__streams.errors.message")).hasSize(1);
    assertThat(header(letter, "__streams.errors.message")).contains("no good");
  }

  private static ProducerRecord<byte[], byte[]> letter(
      ConsumerRecord<byte[], byte[]> refused, Throwable cause) {
    return DeadLetter.of("dead-letters", refused, cause);
  }

  private static ConsumerRecord<byte[], byte[]> refused(
      byte @Nullable [] key, byte @Nullable [] value, Headers headers) {
    return new ConsumerRecord<>(
        "source",
        3,
        42,
        -1,
        TimestampType.CREATE_TIME,
        0,
        0,
        key,
        value,
        headers,
        Optional.empty());
  }

  /** The producer refuses by the same estimate, and the broker by the size of the batch. */
  private static void requireFits(ProducerRecord<byte[], byte[]> letter) {
    int size =
        AbstractRecords.estimateSizeInBytesUpperBound(
            RecordBatch.CURRENT_MAGIC_VALUE,
            Compression.NONE.type(),
            letter.key(),
            letter.value(),
            letter.headers().toArray());
    assertThat(size).isLessThanOrEqualTo(TopicSettings.LARGE_BYTES);
  }

  private static Optional<String> header(ProducerRecord<byte[], byte[]> letter, String name) {
    return Optional.ofNullable(letter.headers().lastHeader(name))
        .map(Header::value)
        .map(value -> new String(value, UTF_8));
  }
}
