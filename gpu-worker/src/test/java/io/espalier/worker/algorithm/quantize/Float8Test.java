package io.espalier.worker.algorithm.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.checkpoint.safetensors.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class Float8Test {
  @ParameterizedTest
  @CsvSource({
    "0.001953125, 01",
    "0.0009765625, 00",
    "448, 7e",
    "17, 58",
    "18, 59",
    "19, 5a",
    "0.0146484375, 08",
    "NaN, 7f",
    "1000, 7e",
    "-448, fe",
    "0, 00"
  })
  void known_numbers_have_known_bits(float value, String bits) {
    assertThat(Float8.encode(value)).isEqualTo((byte) Integer.parseInt(bits, 16));
  }

  @Test
  void numbers_their_middles_and_what_is_just_above_them_are_rounded_as_torch_does() {
    JsonNode cases = QuantizationCases.conversions().path("e4m3");
    float[] x = QuantizationCases.floats(cases.path("x"));
    byte[] wanted = QuantizationCases.bytes(cases.path("codes"));

    byte[] found = new byte[x.length];
    for (int i = 0; i < x.length; i++) {
      found[i] = Float8.encode(x[i]);
    }

    assertThat(found).containsExactly(wanted);
  }

  @Test
  void every_number_comes_back() {
    for (int bits = 0; bits < 256; bits++) {
      float value = Float8.decode((byte) bits);

      if (!Float.isNaN(value)) {
        assertThat(Float8.encode(value)).isEqualTo((byte) bits);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F16", "BF16"})
  void narrow_types_are_rounded_as_torch_does(DType type) {
    JsonNode cases =
        QuantizationCases.conversions().path(type.name().toLowerCase(java.util.Locale.ROOT));
    float[] x = QuantizationCases.floats(cases.path("x"));

    for (int i = 0; i < x.length; i++) {
      String wanted = cases.path("rounded").get(i).asText();
      assertThat(FloatBytes.rounded(type, x[i]))
          .as("%s of %s", type, x[i])
          .isEqualTo(wanted.equals("inf") ? Float.POSITIVE_INFINITY : Float.parseFloat(wanted));
    }
  }
}
