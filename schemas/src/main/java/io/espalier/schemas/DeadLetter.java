package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * A record that could not be read or processed, as it goes to the dead letters: with its own
 * headers, where it came from and why. Always small enough for their topic: what is too large is
 * cut, and a header says how large it was.
 *
 * <p>The cause goes by the names that Kafka Streams gives it.
 */
public final class DeadLetter {
  /** Names the size of a value that was cut, in bytes. */
  public static final String CUT_FROM = "espalier.cut-from-bytes";

  /** A longer message of a failure is cut, here and in events. */
  public static final int MESSAGE_CHARACTERS = 16 << 10;

  private static final String PREFIX = "__streams.errors.";
  private static final int WHOLE_VALUE_BYTES = 3 << 20;
  private static final int CUT_VALUE_BYTES = 64 << 10;
  private static final int KEY_BYTES = 64 << 10;
  private static final int HEADERS_BYTES = 256 << 10;

  /** Lengths of a header's key and value, each of up to five bytes. */
  private static final int HEADER_FRAME_BYTES = 10;

  /** A letter takes no more than that in UTF-8. */
  private static final int LETTER_BYTES = 3;

  private DeadLetter() {}

  /**
   * Returns the record for the topic of dead letters.
   *
   * @param deadLetters name of that topic
   * @param refused the record as it was found
   * @param cause why it was refused
   */
  public static ProducerRecord<byte[], byte[]> of(
      String deadLetters, ConsumerRecord<byte[], byte[]> refused, Throwable cause) {
    Headers headers = kept(refused.headers());
    var trace = new StringWriter();
    cause.printStackTrace(new PrintWriter(trace));
    put(headers, PREFIX + "exception", cause.getClass().getName());
    put(headers, PREFIX + "message", shortened(String.valueOf(cause.getMessage())));
    put(headers, PREFIX + "stacktrace", shortened(trace.toString()));
    put(headers, PREFIX + "topic", refused.topic());
    put(headers, PREFIX + "partition", Integer.toString(refused.partition()));
    put(headers, PREFIX + "offset", Long.toString(refused.offset()));
    byte[] value = refused.value();
    if (value != null && value.length > WHOLE_VALUE_BYTES) {
      put(headers, CUT_FROM, Integer.toString(value.length));
      value = Arrays.copyOf(value, CUT_VALUE_BYTES);
    }
    return new ProducerRecord<>(deadLetters, null, key(refused.key()), value, headers);
  }

  /** Returns a message of at most {@link #MESSAGE_CHARACTERS}, with a note if it was longer. */
  public static String shortened(String message) {
    return message.length() <= MESSAGE_CHARACTERS
        ? message
        : message.substring(0, MESSAGE_CHARACTERS)
            + "... (%,d characters in all)".formatted(message.length());
  }

  private static byte @Nullable [] key(byte @Nullable [] key) {
    return key == null || key.length <= KEY_BYTES ? key : Arrays.copyOf(key, KEY_BYTES);
  }

  /** Those that fit; a header that is too large for itself does not keep out the others. */
  private static Headers kept(Headers headers) {
    var kept = new RecordHeaders();
    long left = HEADERS_BYTES;
    for (Header header : headers) {
      long bytes =
          HEADER_FRAME_BYTES
              + (long) LETTER_BYTES * header.key().length()
              + (header.value() == null ? 0 : header.value().length);
      if (bytes <= left) {
        left -= bytes;
        kept.add(header);
      }
    }
    return kept;
  }

  private static void put(Headers headers, String name, String value) {
    headers.remove(name).add(name, value.getBytes(UTF_8));
  }
}
