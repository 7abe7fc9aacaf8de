package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class PackedIntegersTest {
  @Test
  void four_bits_fill_words_from_the_lowest_on() {
    byte[] row = {-8, -3, 2, 6, -6, -2, 3, 7, -4, 0, 4, -8, -3, 2, 6, -6};

    assertThat(packed(row, 0, row.length, 1, 4)).containsExactly(0xfb62ea50, 0x2ea50c84);
  }

  @Test
  void eight_bits_fill_words_from_the_lowest_on() {
    byte[] row = {-127, -51, 26, 102, -102, -26, 51, 127, -76, 0, 76, -127, -51, 26, 102, -102};

    assertThat(packed(row, 0, row.length, 1, 8))
        .containsExactly(0xe69a4d01, 0xffb3661a, 0x01cc8034, 0x1ae69a4d);
  }

  @Test
  void zero_points_are_packed_along_the_outputs_and_the_last_word_is_filled_up() {
    byte[] zeros = {1, -2, 3, 4, -8, 7, 0, -1};

    assertThat(packed(zeros, 0, 4, 2, 4)).containsExactly(0x000080b9);
    assertThat(packed(zeros, 1, 4, 2, 4)).containsExactly(0x00007fc6);
  }

  @TestFactory
  Stream<DynamicTest> rows_and_zero_points_are_packed_as_compressed_tensors_packs_them() {
    return QuantizationCases.of("weights")
        .filter(each -> each.has("packed"))
        .map(
            each ->
                DynamicTest.dynamicTest(
                    each.path("format").asText() + " " + each.path("dtype").asText(),
                    () -> {
                      int bits = each.path("format").asText().equals("int4") ? 4 : 8;
                      int rows = each.path("shape").get(0).asInt();
                      int inputs = each.path("shape").get(1).asInt();
                      byte[] codes = QuantizationCases.bytes(each.path("codes"));
                      ByteBuffer words = room(rows * PackedIntegers.words(inputs, bits));
                      for (int row = 0; row < rows; row++) {
                        PackedIntegers.pack(codes, row * inputs, inputs, 1, bits, words);
                      }

                      assertThat(ints(words))
                          .containsExactly(QuantizationCases.ints(each.path("packed")));
                    }));
  }

  private static int[] packed(byte[] integers, int from, int count, int step, int bits) {
    ByteBuffer words = room(PackedIntegers.words(count, bits));
    PackedIntegers.pack(integers, from, count, step, bits, words);
    return ints(words);
  }

  private static ByteBuffer room(int words) {
    return ByteBuffer.allocate(words * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int[] ints(ByteBuffer filled) {
    filled.flip();
    int[] ints = new int[filled.remaining() / Integer.BYTES];
    filled.asIntBuffer().get(ints);
    return ints;
  }
}
