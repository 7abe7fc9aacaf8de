package io.espalier.schemas.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CanonicalJsonTest {
  private static final ObjectMapper EXACT =
      new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

  @Test
  void keys_are_sorted_at_every_depth_and_lists_keep_their_order() throws Exception {
    var value = EXACT.readTree("{ \"b\": [3, 1, {\"z\": null, \"y\": true}], \"a\": \"x y\" }");

    String canonical = CanonicalJson.of(value);

    assertThat(canonical).isEqualTo("{\"a\":\"x y\",\"b\":[3,1,{\"y\":true,\"z\":null}]}");
  }

  @ParameterizedTest
  @CsvSource({"1e3,1000", "1.50,1.5", "-0.0,0", "1E-7,0.0000001", "60.0,60", "12,12"})
  void a_number_is_written_in_one_way_only(String written, String canonical) throws Exception {
    assertThat(CanonicalJson.of(EXACT.readTree(written))).isEqualTo(canonical);
  }
}
