package io.espalier.worker.checkpoint.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.checkpoint.Golden;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SafetensorsWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama/model.safetensors",
        "scores/masked-llama/sliced-all/model.safetensors",
        "scores/masked-llama/scores.safetensors",
        "cifar-resnet20/model.safetensors",
        "cifar-resnet20/inputs.safetensors",
        "cifar-resnet20/expected.safetensors",
        "scores/masked-cifar-resnet20/scores.safetensors"
      })
  void writes_the_bytes_that_the_library_of_the_format_wrote(String name) throws IOException {
    SafetensorsFile golden = SafetensorsFile.open(Golden.path(name));
    var tensors = new LinkedHashMap<String, TensorData>();
    golden.tensors().keySet().forEach(tensor -> tensors.put(tensor, golden.read(tensor)));

    Path copy = folder.resolve("copy.safetensors");
    SafetensorsWriter.write(copy, tensors, golden.metadata());

    assertThat(copy).hasSameBinaryContentAs(Golden.path(name));
  }

  @Test
  void orders_by_type_descending_and_then_by_name_in_code_points() {
    var tensors = new LinkedHashMap<String, TensorData>();
    tensors.put("b", data(DType.F32, 1));
    tensors.put("\uD83D\uDE00", data(DType.F32, 1)); // U+1F600, in UTF-16 before U+FFFD
    tensors.put("\uFFFD", data(DType.F32, 1));
    tensors.put("a", data(DType.F32, 1));
    tensors.put("steps", data(DType.I64));
    tensors.put("half", data(DType.BF16, 2, 1));
    tensors.put("bytes", data(DType.I8, 0));

    Path file = folder.resolve("order.safetensors");
    SafetensorsWriter.write(file, tensors);

    assertThat(header(file))
        .isEqualTo(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"steps\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]},"
                + "\"\uFFFD\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
                + "\"\uD83D\uDE00\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[20,24]},"
                + "\"half\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[24,28]},"
                + "\"bytes\":{\"dtype\":\"I8\",\"shape\":[0],\"data_offsets\":[28,28]}}");
  }

  @Test
  void escapes_names_and_pads_the_header_to_eight_bytes() {
    Path file = folder.resolve("names.safetensors");
    SafetensorsWriter.write(
        file, Map.of("a\"\\\b\f\n\r\t\u0001\u001f/\u007fé", data(DType.U8, 1)), Map.of());

    assertThat(header(file))
        .isEqualTo(
            "{\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\u007fé\":"
                + "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}");
    assertThat(file)
        .hasSize(8 + (header(file).getBytes(StandardCharsets.UTF_8).length + 7) / 8 * 8 + 1);
    assertThat(SafetensorsFile.open(file).tensors())
        .containsOnlyKeys("a\"\\\b\f\n\r\t\u0001\u001f/\u007fé");
  }

  @Test
  void writes_a_file_without_tensors() {
    Path file = folder.resolve("empty.safetensors");
    SafetensorsWriter.write(file, Map.of(), Map.of());

    assertThat(file)
        .hasBinaryContent(
            new byte[] {8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' '});
    assertThat(SafetensorsFile.open(file).tensors()).isEmpty();
  }

  @Test
  void leaves_a_mapping_of_the_file_it_replaces_intact() {
    Path file = folder.resolve("model.safetensors");
    SafetensorsWriter.write(file, Map.of("a", data(DType.F32, 1000)));
    TensorData before = SafetensorsFile.open(file).read("a");

    SafetensorsWriter.write(file, Map.of("b", data(DType.F32, 1)));

    assertThat(before.bytes()).isEqualTo(data(DType.F32, 1000).bytes());
    assertThat(SafetensorsFile.open(file).tensors()).containsOnlyKeys("b");
  }

  @Test
  void leaves_nothing_behind_when_it_cannot_write() throws IOException {
    Path taken = Files.createDirectories(folder.resolve("model.safetensors/child"));

    assertThatThrownBy(
            () -> SafetensorsWriter.write(taken.resolveSibling("../model.safetensors"), Map.of()))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("model.safetensors cannot be written");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(folder.resolve("model.safetensors"));
    }
  }

  @Test
  void refuses_numbers_that_do_not_fill_the_shape() {
    assertThatThrownBy(() -> new TensorData(DType.F32, new long[] {2, 3}, ByteBuffer.allocate(20)))
        .hasMessage("a tensor of F32[2, 3] takes 24 bytes, but 20 were given");
  }

  private static String header(Path file) {
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(Files.readAllBytes(file)).order(java.nio.ByteOrder.LITTLE_ENDIAN);
      long length = bytes.getLong();
      assertThat(length % 8).isZero();
      return new String(bytes.array(), 8, (int) length, StandardCharsets.UTF_8).stripTrailing();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static TensorData data(DType dtype, long... shape) {
    var bytes = ByteBuffer.allocate((int) dtype.bytes(shape));
    for (int i = 0; i < bytes.capacity(); i++) {
      bytes.put(i, (byte) (i * 7 + 1));
    }
    return new TensorData(dtype, shape, bytes);
  }
}
