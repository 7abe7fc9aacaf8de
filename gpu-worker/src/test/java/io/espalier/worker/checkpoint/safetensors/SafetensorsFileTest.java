package io.espalier.worker.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SafetensorsFileTest {
  @TempDir Path folder;

  @Test
  void reads_scalars_empty_tensors_and_metadata() {
    Path file =
        file(
            "{\"__metadata__\":{\"format\":\"pt\",\"by\":\"é\"},"
                + "\"scalar\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"none\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[8,8]},"
                + "\"halves\":{\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[8,11]}}",
            11);

    SafetensorsFile read = SafetensorsFile.open(file);

    assertThat(read.metadata()).containsEntry("format", "pt").containsEntry("by", "é").hasSize(2);
    assertThat(read.tensors().values())
        .containsExactly(
            new TensorHeader("halves", DType.F4, new long[] {3, 2}, 3),
            new TensorHeader("none", DType.F32, new long[] {3, 0}, 0),
            new TensorHeader("scalar", DType.I64, new long[0], 8));
    assertThat(read.read("scalar").bytes().getLong()).isEqualTo(0x0706050403020100L);
    assertThat(read.read("none").bytes().remaining()).isZero();
    assertThat(read.read("halves").bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {8, 9, 10}));
  }

  @Test
  void reads_headers_that_are_not_padded() {
    Path file = file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);

    assertThat(SafetensorsFile.open(file).read("a").bytes().get()).isZero();
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // Not an object, or no JSON
        "[1, 2]                                                    | 0 | must begin with '{', found"
            + " byte 0x5b",
        "` {}`                                                     | 0 | must begin with '{', found"
            + " byte 0x20",
        "{'a':1}                                                   | 0 | is not valid JSON",
        "{\"a\":                                                   | 0 | is not valid JSON",
        "{} {}                                                     | 0 | something follows the JSON"
            + " object",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}"
            + " | 2 | Duplicate",
        "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[0,1]}} | 1 |"
            + " Duplicate",
        // Metadata
        "{\"__metadata__\":{\"format\":1}}                         | 0 | __metadata__: the value of"
            + " 'format' must be a string, found number",
        "{\"__metadata__\":[]}                                     | 0 | __metadata__ must be an"
            + " object of strings, found array",
        // Entries
        "{\"a\":3}                                                 | 0 | tensor 'a': must be an"
            + " object, found number",
        "{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}            | 1 | tensor 'a': dtype must be"
            + " a string, found nothing",
        "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,1]}} | 1 | tensor 'a': unknown"
            + " dtype 'F33'; known are [BOOL,",
        "{\"a\":{\"dtype\":\"f32\",\"shape\":[1],\"data_offsets\":[0,4]}} | 4 | unknown dtype"
            + " 'f32'",
        "{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}         | 1 | shape must be an array of"
            + " numbers, found nothing",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}} | 1 | shape[0] must be a"
            + " whole number from 0 to 2^63 - 1, found -1",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}} | 1 | shape[0] must be a"
            + " whole number from 0 to 2^63 - 1, found 1.0",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,18446744073709551616]}} | 1 |"
            + " data_offsets[1] must be a whole number",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}} | 1 | data_offsets must be"
            + " [begin, end], found [0]",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}} | 1 | data_offsets [1,0]"
            + " end before they begin",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"stride\":1}} | 1 | unknown"
            + " key 'stride'",
        "{\"a\\ud800\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}} | 1 | no valid"
            + " Unicode",
        // Sizes
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,20]}} | 20 | tensor 'a':"
            + " F32[2, 3] takes 24 bytes, but data_offsets [0, 20] span 20",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,2]}} | 2 | F4[3] has no usable"
            + " size: 12 bits are no whole number of bytes",
        "{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[2],\"data_offsets\":[0,2]}} | 2 | F6_E2M3[2] has"
            + " no usable size: 12 bits",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}} | 4 |"
            + " has no usable size: long overflow",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[1152921504606846976],\"data_offsets\":[0,0]}} | 0 |"
            + " has no usable size: long overflow",
        // Places
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}} | 2 | tensor 'a': begins"
            + " at 1 of the data, but the header ends at 0: a hole of 1 bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}"
            + " | 5 | tensor 'b': begins at 3 of the data, but tensor 'a' ends at 2: a hole of 1"
            + " bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}"
            + " | 3 | tensor 'b': begins at 1 of the data, but tensor 'a' ends at 2: an overlap of"
            + " 1 bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}"
            + " | 2 | an overlap of 2 bytes",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | 1 | tensor 'a' ends at 2"
            + " of the data, but the file has only 1 bytes of data; it is truncated",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}} | 5 | 3 bytes follow the"
            + " end of tensor 'a'",
        "{}                                                        | 1 | 1 bytes follow the end of"
            + " the header",
      })
  void refuses(String header, int dataBytes, String problem) {
    Path file = file(header, dataBytes);

    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(problem);
  }

  @Test
  void refuses_files_shorter_than_a_length() throws IOException {
    Path file = Files.write(folder.resolve("short.safetensors"), new byte[7]);

    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .hasMessage(file + ": a safetensors file has at least 8 bytes, found 7");
  }

  @ParameterizedTest
  @CsvSource({
    "33554433, at most 33554432 bytes but the file states 33554433",
    "-1, at most 33554432 bytes but the file states 18446744073709551615",
    "17, the file states a header of 17 bytes but only 16 follow; it is truncated",
    "1, the header must be a JSON object but has 1 bytes",
    "0, the header must be a JSON object but has 0 bytes"
  })
  void refuses_impossible_lengths_of_the_header(long length, String problem) throws IOException {
    byte[] bytes =
        ByteBuffer.allocate(24)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(length)
            .put((byte) '{')
            .array();
    Path file = Files.write(folder.resolve("length.safetensors"), bytes);

    InvalidInputException refusal =
        catchThrowableOfType(InvalidInputException.class, () -> SafetensorsFile.open(file));

    assertThat(refusal.getMessage().replace(",", "")).contains(problem);
  }

  /** 100 MB as the file states them and has them; sparse, so that nothing is written. */
  @Test
  void refuses_a_header_that_would_fill_the_heap_before_it_is_read() throws IOException {
    Path file = folder.resolve("large.safetensors");
    try (var out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(
          ByteBuffer.allocate(9)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(100_000_000)
              .put((byte) '{')
              .array());
      out.setLength(8 + 100_000_000);
    }

    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            file
                + ": the header may have at most 33554432 bytes, but the file states 100000000; is"
                + " it a safetensors file? If so, save the model in more shards");
  }

  @Test
  void refuses_text_that_is_no_utf_8() throws IOException {
    byte[] header = "{\"a\u00e9\":1}".getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer bytes = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
    Path file =
        Files.write(
            folder.resolve("latin.safetensors"), bytes.putLong(header.length).put(header).array());

    assertThatThrownBy(() -> SafetensorsFile.open(file))
        .hasMessage(file + ": header: is not valid UTF-8");
  }

  @Test
  void tells_every_problem_at_once() {
    Path file =
        file(
            "{\"a\":{\"dtype\":\"F33\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,8]},"
                + "\"c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9,13]}}",
            20);

    InvalidInputException refusal =
        catchThrowableOfType(InvalidInputException.class, () -> SafetensorsFile.open(file));

    assertThat(refusal.problems())
        .satisfiesExactly(
            problem -> assertThat(problem).contains("'a': unknown dtype"),
            problem -> assertThat(problem).contains("'b': F32[2] takes 8 bytes"),
            problem -> assertThat(problem).contains("'c': begins at 9"),
            problem -> assertThat(problem).contains("7 bytes follow"));
  }

  @Test
  void counts_problems_that_are_too_many_to_list() {
    var header = new StringBuilder("{");
    for (int i = 0; i < 150; i++) {
      header.append("\"%d\":0,".formatted(i));
    }
    header.setCharAt(header.length() - 1, '}');
    Path file = file(header.toString(), 0);

    InvalidInputException refusal =
        catchThrowableOfType(InvalidInputException.class, () -> SafetensorsFile.open(file));

    assertThat(refusal.problems()).hasSize(101).last().isEqualTo("and 50 more problems like these");
  }

  @Test
  void refuses_to_map_a_file_that_shrank_after_it_was_opened() throws IOException {
    Path file = file("{\"a\":{\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]}}", 9);
    SafetensorsFile opened = SafetensorsFile.open(file);
    Files.write(file, new byte[8]);

    assertThatThrownBy(() -> opened.read("a"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nobody may write a model in use");
    assertThatThrownBy(() -> opened.reader("a"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nobody may write a model in use");
  }

  @Test
  void reads_stretches_of_a_tensor() throws IOException {
    String tensors =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[2,9]}}";
    Path file = file(tensors, 9);
    try (TensorReader reader = SafetensorsFile.open(file).reader("b")) {
      ByteBuffer three = ByteBuffer.allocate(3);
      reader.read(4, three);

      assertThat(three.array()).containsExactly(6, 7, 8);
      assertThat(reader.tensor().name()).isEqualTo("b");
      assertThatThrownBy(() -> reader.read(5, ByteBuffer.allocate(3)))
          .hasMessage("3 bytes from byte 5 on were asked for of a tensor of 7");
      Files.write(file, new byte[8]);
      assertThatThrownBy(() -> reader.read(0, ByteBuffer.allocate(7)))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("is it being written?");
    }
  }

  @Test
  void reads_tensors_beyond_four_gibibytes() throws IOException {
    long far = 5L << 30;
    String header =
        "{\"big\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[0,%d]},".formatted(far, far)
            + "\"last\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[%d,%d]}}"
                .formatted(far, far + 3);
    Path file = file(header, 0);
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {7, 8, 9}), 8 + header.length() + far); // sparse
    }

    SafetensorsFile opened = SafetensorsFile.open(file);

    assertThat(opened.read("last").bytes()).isEqualTo(ByteBuffer.wrap(new byte[] {7, 8, 9}));
    assertThatThrownBy(() -> opened.read("big"))
        .hasMessageContaining("tensor 'big' has 5368709120 bytes, but one that is mapped may have");
    ByteBuffer end = ByteBuffer.allocate(1);
    try (TensorReader reader = opened.reader("big")) {
      reader.read(far - 1, end);
    }
    assertThat(end.hasRemaining()).isFalse();
  }

  /** A file of this header, not padded, with data 0, 1, 2, ... */
  private Path file(String header, int dataBytes) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + text.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(text.length).put(text);
    for (int i = 0; i < dataBytes; i++) {
      bytes.put((byte) i);
    }
    try {
      return Files.write(folder.resolve("file.safetensors"), bytes.array());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
