package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.checkpoint.file.Utf8Order;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader.Place;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Lays out a safetensors file as the library's own writer does, byte for byte: compact JSON,
 * metadata first, tensors by descending type and then by name, padded with spaces to 8 bytes.
 */
public final class HeaderWriter {
  private static final Comparator<TensorHeader> CANONICAL =
      Comparator.comparing(TensorHeader::dtype)
          .reversed()
          .thenComparing(TensorHeader::name, Utf8Order.COMPARATOR);

  private HeaderWriter() {}

  /** The places that tensors get in a file. */
  public static SafetensorsHeader layout(
      Collection<TensorHeader> tensors, Map<String, String> metadata) {
    var ordered = new ArrayList<>(tensors);
    ordered.sort(CANONICAL);
    var places = new LinkedHashMap<String, Place>();
    long offset = 0;
    for (TensorHeader tensor : ordered) {
      places.put(tensor.name(), new Place(tensor, offset));
      offset = Math.addExact(offset, tensor.bytes());
    }
    return new SafetensorsHeader(places, metadata, encode(places, metadata).length + Long.BYTES);
  }

  /** The bytes in front of the data: the header's length and the header. */
  public static ByteBuffer bytes(SafetensorsHeader header) {
    byte[] text = encode(header.tensors(), header.metadata());
    return ByteBuffer.allocate(Long.BYTES + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .flip();
  }

  /**
   * Bytes in front of the data of all files together, at most, if tensors of these shapes or
   * smaller ones are spread over so many files.
   *
   * @param end where the data of a file end at most
   */
  public static long bytesAtMost(
      Collection<TensorHeader> tensors, Map<String, String> metadata, int files, long end) {
    var entries = new StringBuilder();
    tensors.forEach(tensor -> entry(entries, new Place(tensor, end)).append(','));
    long bare = encode(Map.of(), metadata).length;
    long padding = Long.BYTES;
    return utf8(entries.toString()).length + files * (Long.BYTES + bare + padding);
  }

  private static byte[] encode(Map<String, Place> tensors, Map<String, String> metadata) {
    var json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      quote(json, SafetensorsHeader.METADATA).append(":{");
      metadata.forEach((key, value) -> quote(quote(json, key).append(':'), value).append(','));
      json.setCharAt(json.length() - 1, '}');
      json.append(',');
    }
    tensors.values().forEach(place -> entry(json, place).append(','));
    if (json.length() > 1) {
      json.setLength(json.length() - 1);
    }
    byte[] text = utf8(json.append('}').toString());
    byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
    Arrays.fill(padded, text.length, padded.length, (byte) ' ');
    return padded;
  }

  private static StringBuilder entry(StringBuilder json, Place place) {
    TensorHeader tensor = place.header();
    String shape =
        Arrays.stream(tensor.shape()).mapToObj(Long::toString).collect(Collectors.joining(","));
    return quote(json, tensor.name())
        .append(":{\"dtype\":\"")
        .append(tensor.dtype().name())
        .append("\",\"shape\":[")
        .append(shape)
        .append("],\"data_offsets\":[")
        .append(place.offset())
        .append(',')
        .append(place.end())
        .append("]}");
  }

  /** Escapes what JSON requires and nothing else, with the library's choice of short forms. */
  private static StringBuilder quote(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ') {
            json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    return json.append('"');
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
