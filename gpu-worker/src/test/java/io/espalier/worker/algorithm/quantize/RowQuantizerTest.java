package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.safetensors.DType;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class RowQuantizerTest {
  @TestFactory
  Stream<DynamicTest> weights_become_the_numbers_scales_and_zero_points_of_compressed_tensors() {
    return QuantizationCases.of("weights")
        .map(
            each ->
                DynamicTest.dynamicTest(
                    "%s %s %s symmetric: %s"
                        .formatted(
                            each.path("format").asText(),
                            each.path("dtype").asText(),
                            each.path("name").asText(),
                            each.path("symmetric").asBoolean()),
                    () -> compare(each)));
  }

  private static void compare(JsonNode expected) {
    WeightScheme scheme = scheme(expected);
    int rows = expected.path("shape").get(0).asInt();
    int inputs = expected.path("shape").get(1).asInt();
    int scales = scheme.scales(inputs);
    float[] weight = QuantizationCases.floats(expected.path("weight"));
    var quantizer =
        new RowQuantizer(scheme, DType.of(expected.path("dtype").asText()).orElseThrow(), inputs);
    byte[] codes = new byte[rows * inputs];
    float[] found = new float[rows * scales];
    byte[] zeros = new byte[rows * scales];
    float[] stands = new float[rows * inputs];

    for (int row = 0; row < rows; row++) {
      StoredRow stored = quantizer.take(weight, row * inputs);
      System.arraycopy(stored.codes(), 0, codes, row * inputs, inputs);
      System.arraycopy(stored.scales(), 0, found, row * scales, scales);
      System.arraycopy(stored.zeros(), 0, zeros, row * scales, scales);
      stored.stand(scheme, stands, row * inputs);
    }

    assertThat(found).containsExactly(QuantizationCases.floats(expected.path("scale")));
    if (expected.has("zeros")) {
      assertThat(zeros).containsExactly(QuantizationCases.bytes(expected.path("zeros")));
    }
    assertThat(codes).containsExactly(QuantizationCases.bytes(expected.path("codes")));
    assertThat(stands).containsExactly(QuantizationCases.floats(expected.path("stands")));
  }

  private static WeightScheme scheme(JsonNode expected) {
    QuantizationFormat format =
        Arrays.stream(QuantizationFormat.values())
            .filter(each -> each.word().equals(expected.path("format").asText()))
            .findFirst()
            .orElseThrow();
    return new WeightScheme(
        format, expected.path("group").asInt(), expected.path("symmetric").asBoolean());
  }

  @Test
  void groups_of_eight_have_the_integers_that_were_computed_by_hand() {
    var scheme = new WeightScheme(QuantizationFormat.INT4, 8, true);

    StoredRow row = new RowQuantizer(scheme, DType.F32, 16).take(formula(), 0);

    assertThat(row.scales()).containsExactly(1.25f / 7.5f, 1.25f / 7.5f);
    assertThat(row.codes()).containsExactly(-8, -3, 2, 6, -6, -2, 3, 7, -4, 0, 4, -8, -3, 2, 6, -6);
  }

  @Test
  void a_channel_of_int8_has_the_integers_that_were_computed_by_hand() {
    WeightScheme scheme = WeightScheme.perChannel(QuantizationFormat.INT8, true);

    StoredRow row = new RowQuantizer(scheme, DType.F32, 16).take(formula(), 0);

    assertThat(row.codes())
        .containsExactly(
            -127, -51, 26, 102, -102, -26, 51, 127, -76, 0, 76, -127, -51, 26, 102, -102);
  }

  /** The first row of W[r][c] = (((7r + 3c) mod 11) - 5) / 4. */
  private static float[] formula() {
    float[] row = new float[16];
    for (int i = 0; i < row.length; i++) {
      row[i] = (3 * i % 11 - 5) / 4f;
    }
    return row;
  }
}
