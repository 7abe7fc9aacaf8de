package io.espalier.worker.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import io.espalier.worker.checkpoint.file.StrictJson;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader.Place;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads the head of one safetensors file and refuses whatever the format forbids: nothing of a file
 * that this accepts lies outside a tensor or in two of them.
 */
@SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
final class HeaderParser {
  private static final Set<String> ENTRY_KEYS = Set.of("dtype", "shape", "data_offsets");

  private final Path file;
  private final Problems problems = new Problems();
  private final List<Entry> entries = new ArrayList<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private boolean everyPlaceKnown = true;

  private HeaderParser(Path file) {
    this.file = file;
  }

  /** A tensor as the header describes it; whether type, shape and size agree is yet to be seen. */
  private record Entry(TensorHeader header, long begin, long end) {}

  static SafetensorsHeader parse(Path file, FileChannel channel) throws IOException {
    return new HeaderParser(file).parse(channel);
  }

  private SafetensorsHeader parse(FileChannel channel) throws IOException {
    long fileBytes = channel.size();
    long headerBytes = headerBytes(channel, fileBytes);
    ByteBuffer text = channel.map(FileChannel.MapMode.READ_ONLY, Long.BYTES, headerBytes);
    if (text.get(0) != '{') {
      throw invalid("the header must begin with '{', found byte 0x%02x", text.get(0));
    }
    readObject(text);
    long dataStart = Long.BYTES + headerBytes;
    if (everyPlaceKnown) {
      checkPlaces(fileBytes - dataStart);
    }
    problems.throwIfAny();
    return new SafetensorsHeader(places(), metadata, dataStart);
  }

  private long headerBytes(FileChannel channel, long fileBytes) throws IOException {
    if (fileBytes < Long.BYTES) {
      throw invalid("a safetensors file has at least 8 bytes, found %d", fileBytes);
    }
    var length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (length.hasRemaining() && channel.read(length, length.position()) >= 0) {
      // A positioned read may bring less than was asked for.
    }
    long headerBytes = length.getLong(0);
    if (headerBytes < 0 || headerBytes > SafetensorsHeader.LONGEST) {
      throw invalid(
          "the header may have at most %d bytes, but the file states %s; is it a safetensors file?"
              + " If so, save the model in more shards",
          SafetensorsHeader.LONGEST, Long.toUnsignedString(headerBytes));
    }
    if (headerBytes > fileBytes - Long.BYTES) {
      throw invalid(
          "the file states a header of %d bytes, but only %d follow; it is truncated",
          headerBytes, fileBytes - Long.BYTES);
    }
    if (headerBytes < 2) {
      throw invalid("the header must be a JSON object, but has %d bytes", headerBytes);
    }
    return headerBytes;
  }

  private void readObject(ByteBuffer text) throws IOException {
    try (JsonParser parser = StrictJson.parser(new ByteBufferBackedInputStream(text))) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        JsonNode value = StrictJson.value(parser);
        if (name.equals(SafetensorsHeader.METADATA)) {
          readMetadata(value);
        } else {
          readEntry(name, value);
        }
      }
      if (parser.nextToken() != null) {
        problems.add("%s: header: something follows the JSON object", file);
      }
    } catch (CharacterCodingException | JsonProcessingException e) {
      problems.addAll(StrictJson.malformed(file + ": header", e));
      everyPlaceKnown = false;
    }
  }

  private void readMetadata(JsonNode value) {
    if (!value.isObject()) {
      problems.add(
          "%s: %s must be an object of strings, found %s",
          file, SafetensorsHeader.METADATA, StrictJson.kind(value));
      return;
    }
    value
        .properties()
        .forEach(
            field -> {
              if (!field.getValue().isTextual()) {
                problems.add(
                    "%s: %s: the value of '%s' must be a string, found %s",
                    file,
                    SafetensorsHeader.METADATA,
                    field.getKey(),
                    StrictJson.kind(field.getValue()));
              }
              metadata.put(field.getKey(), field.getValue().asText());
            });
  }

  private void readEntry(String name, JsonNode value) {
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
      problems.add("%s: tensor '%s': the name is no valid Unicode", file, name);
    }
    if (!value.isObject()) {
      entryProblem(name, "must be an object, found %s", StrictJson.kind(value));
      everyPlaceKnown = false;
      return;
    }
    value
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!ENTRY_KEYS.contains(key)) {
                entryProblem(name, "unknown key '%s'; known are dtype, shape, data_offsets", key);
              }
            });
    Optional<DType> dtype = dtype(name, value.path("dtype"));
    Optional<long[]> shape = longs(name, "shape", value.path("shape"));
    Optional<long[]> offsets = offsets(name, value.path("data_offsets"));
    everyPlaceKnown &= offsets.isPresent();
    if (dtype.isPresent() && shape.isPresent() && offsets.isPresent()) {
      addEntry(name, dtype.get(), shape.get(), offsets.get());
    } else {
      offsets.ifPresent(
          at -> entries.add(new Entry(new TensorHeader(name, DType.U8, at, 0), at[0], at[1])));
    }
  }

  private void addEntry(String name, DType dtype, long[] shape, long[] offsets) {
    long bytes = offsets[1] - offsets[0];
    var header = new TensorHeader(name, dtype, shape, bytes);
    entries.add(new Entry(header, offsets[0], offsets[1]));
    try {
      if (dtype.bytes(shape) != bytes) {
        entryProblem(
            name,
            "%s%s takes %d bytes, but data_offsets [%d, %d] span %d",
            dtype,
            Arrays.toString(shape),
            dtype.bytes(shape),
            offsets[0],
            offsets[1],
            bytes);
      }
    } catch (ArithmeticException e) {
      entryProblem(
          name,
          "%s%s has no usable size: %s",
          dtype,
          Arrays.toString(shape),
          String.valueOf(e.getMessage()));
    }
  }

  private Optional<DType> dtype(String name, JsonNode value) {
    if (!value.isTextual()) {
      entryProblem(name, "dtype must be a string, found %s", StrictJson.kind(value));
      return Optional.empty();
    }
    Optional<DType> dtype = DType.of(value.textValue());
    if (dtype.isEmpty()) {
      entryProblem(
          name,
          "unknown dtype '%s'; known are %s",
          value.textValue(),
          Arrays.toString(DType.values()));
    }
    return dtype;
  }

  private Optional<long[]> offsets(String name, JsonNode value) {
    Optional<long[]> offsets = longs(name, "data_offsets", value);
    if (offsets.isPresent() && offsets.get().length != 2) {
      entryProblem(name, "data_offsets must be [begin, end], found %s", value);
      return Optional.empty();
    }
    if (offsets.isPresent() && offsets.get()[0] > offsets.get()[1]) {
      entryProblem(name, "data_offsets %s end before they begin", value);
      return Optional.empty();
    }
    return offsets;
  }

  private Optional<long[]> longs(String name, String key, JsonNode value) {
    if (!value.isArray()) {
      entryProblem(name, "%s must be an array of numbers, found %s", key, StrictJson.kind(value));
      return Optional.empty();
    }
    var longs = new long[value.size()];
    for (int i = 0; i < longs.length; i++) {
      OptionalLong number = natural(value.get(i));
      if (number.isEmpty()) {
        entryProblem(
            name,
            "%s[%d] must be a whole number from 0 to 2^63 - 1, found %s",
            key,
            i,
            value.get(i));
        return Optional.empty();
      }
      longs[i] = number.getAsLong();
    }
    return Optional.of(longs);
  }

  private static OptionalLong natural(JsonNode value) {
    return value.isIntegralNumber() && value.canConvertToLong() && value.longValue() >= 0
        ? OptionalLong.of(value.longValue())
        : OptionalLong.empty();
  }

  /** Sorted by place, each tensor must begin where the one before it ends, from 0 to the end. */
  private void checkPlaces(long dataBytes) {
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long end = 0;
    String before = "the header";
    for (Entry entry : entries) {
      if (entry.begin() != end) {
        entryProblem(
            entry.header().name(),
            "begins at %d of the data, but %s ends at %d: %s of %d bytes",
            entry.begin(),
            before,
            end,
            entry.begin() > end ? "a hole" : "an overlap",
            Math.abs(entry.begin() - end));
      }
      end = entry.end();
      before = "tensor '" + entry.header().name() + "'";
    }
    if (end > dataBytes) {
      problems.add(
          "%s: %s ends at %d of the data, but the file has only %d bytes of data; it is truncated",
          file, before, end, dataBytes);
    } else if (end < dataBytes) {
      problems.add(
          "%s: %d bytes follow the end of %s, but nothing may follow the last tensor",
          file, dataBytes - end, before);
    }
  }

  private Map<String, Place> places() {
    var places = new LinkedHashMap<String, Place>();
    entries.forEach(
        entry -> places.put(entry.header().name(), new Place(entry.header(), entry.begin())));
    return places;
  }

  private void entryProblem(String tensor, String format, Object... arguments) {
    problems.add("%s: tensor '%s': %s", file, tensor, format.formatted(arguments));
  }

  private InvalidInputException invalid(String format, Object... arguments) {
    return new InvalidInputException(file + ": " + format.formatted(arguments));
  }
}
