package io.espalier.fact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FactsJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final ChangeFacts FACTS =
      new ChangeFacts(
          List.of(new WidthFact("h.0.heads", "heads", "h.0", 4, 3)),
          List.of(
              new ConstraintFact("flops", "60%", OptionalLong.of(60), OptionalLong.of(59)),
              new ConstraintFact("latency", "4 ms", OptionalLong.empty(), OptionalLong.empty())),
          List.of(
              new CandidateFact(
                  Map.of("num_layers", 2, "hidden_size", 48),
                  List.of(0, 2),
                  Map.of("flops", 5_000_000_000L),
                  Optional.of(new CandidateFact.Score("kl", 0.125)),
                  true),
              new CandidateFact(
                  Map.of(),
                  List.of(),
                  Map.of(),
                  Optional.of(new CandidateFact.Score("kl", Double.POSITIVE_INFINITY)),
                  false)));

  private static final String TEXT =
      """
      {"widths":[{"axis":"h.0.heads","kind":"heads","module":"h.0","before":4,"after":3}],
      "constraints":[{"quantity":"flops","asked":"60%","limit":60,"reached":59},
      {"quantity":"latency","asked":"4 ms"}],
      "candidates":[{"sizes":{"hidden_size":48,"num_layers":2},"layers":[0,2],
      "cost":{"flops":5000000000},"metric":"kl","score":0.125,"chosen":true},
      {"sizes":{},"layers":[],"cost":{},"metric":"kl","score":"Infinity","chosen":false}]}\
      """
          .replace("\n", "");

  @Test
  void facts_are_written_in_one_order_and_read_back() throws JsonProcessingException {
    assertThat(FactsJson.of(FACTS)).hasToString(TEXT);
    assertThat(FactsJson.read(JSON.readTree(TEXT))).isEqualTo(FACTS);
  }

  @Test
  void what_was_written_before_there_were_facts_has_none() throws JsonProcessingException {
    assertThat(FactsJson.read(null)).isEqualTo(ChangeFacts.NONE);
    assertThat(FactsJson.read(JSON.readTree("{}"))).isEqualTo(ChangeFacts.NONE);
  }

  @Test
  void a_width_without_its_value_is_refused() throws JsonProcessingException {
    JsonNode cut =
        JSON.readTree(
            "{\"widths\":[{\"axis\":\"a\",\"kind\":\"heads\",\"module\":\"\",\"before\":4}]}");

    assertThatThrownBy(() -> FactsJson.read(cut))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("after");
  }
}
