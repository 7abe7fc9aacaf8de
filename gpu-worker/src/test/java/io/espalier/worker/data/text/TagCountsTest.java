package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TagCountsTest {
  private static final List<String> PEOPLE = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

  @Test
  void counts_are_those_of_seqeval() {
    JsonNode cases = Fixtures.expected("/golden/tags").path("cases");

    assertThat(cases).hasSize(60);
    for (JsonNode one : cases) {
      var counts = new TagCounts(texts(one.path("labels")));
      for (int i = 0; i < one.path("right").size(); i++) {
        counts.add(texts(one.path("right").get(i)), texts(one.path("given").get(i)));
      }

      assertThat(counts.accuracy()).isCloseTo(one.path("accuracy").asDouble(), within(1e-12));
      assertThat(counts.precision()).isCloseTo(one.path("precision").asDouble(), within(1e-12));
      assertThat(counts.recall()).isCloseTo(one.path("recall").asDouble(), within(1e-12));
      assertThat(counts.f1()).isCloseTo(one.path("f1").asDouble(), within(1e-12));
    }
  }

  /** By hand: entities right, found, and both. */
  @ParameterizedTest
  @CsvSource({
    "B-PER I-PER O B-LOC, B-PER I-PER O B-LOC, 2, 2, 2",
    "B-PER I-PER O B-LOC, B-PER O O B-LOC, 2, 2, 1", // a part is not the whole
    "B-PER I-PER, I-PER I-PER, 1, 1, 1", // a run may begin with I
    "B-PER I-PER, B-PER B-PER, 1, 2, 0",
    "B-PER I-LOC, B-PER I-PER, 2, 1, 0", // another type is another entity
    "I-PER B-PER, B-PER B-PER, 2, 2, 2",
    "O O, O B-LOC, 0, 1, 0",
    "B-LOC O, O O, 1, 0, 0",
    "O O, O O, 0, 0, 0"
  })
  void entities_count_as_a_whole(String wanted, String given, int right, int found, int both) {
    var counts = new TagCounts(PEOPLE);

    counts.add(List.of(wanted.split(" ")), List.of(given.split(" ")));

    assertThat(counts.precision()).isEqualTo(found == 0 ? 0 : (double) both / found);
    assertThat(counts.recall()).isEqualTo(right == 0 ? 0 : (double) both / right);
    assertThat(counts.f1()).isEqualTo(right + found == 0 ? 0 : 2.0 * both / (right + found));
  }

  @Test
  void only_tokens_that_are_asked_for_count_and_no_entity_goes_over_the_end_of_a_sentence() {
    var counts = new TagCounts(List.of("O", "I-A"));
    long no = TokenBatch.IGNORED;
    var batch =
        new TokenBatch(
            2, 3, new long[6], new long[6], new long[6], new long[] {no, 1, 1, 1, no, 0});
    float[] logits = {0, 9, 0, 1, 0, 1, 0, 1, 9, 0, 1, 0};

    counts.add(batch, logits);

    assertThat(counts.accuracy()).isEqualTo(1);
    assertThat(counts.f1()).isEqualTo(1);
    counts.add(List.of("I-A", "O"), List.of("O", "O"));
    assertThat(counts.recall()).isCloseTo(2.0 / 3, within(1e-12)); // two sentences, two entities
  }

  @Test
  void labels_that_are_no_tags_have_no_entities() {
    assertThat(TagCounts.hasEntities(PEOPLE)).isTrue();
    assertThat(TagCounts.hasEntities(List.of("O", "E-X", "S-X"))).isTrue();
    assertThat(TagCounts.hasEntities(List.of("NOUN", "VERB"))).isFalse();
    assertThat(TagCounts.hasEntities(List.of("LABEL_0", "LABEL_1"))).isFalse();
    assertThat(TagCounts.hasEntities(List.of("O"))).isFalse();
    var counts = new TagCounts(List.of("NOUN", "VERB"));
    counts.add(List.of("NOUN", "VERB"), List.of("NOUN", "NOUN"));
    assertThat(counts.accuracy()).isEqualTo(0.5);
    assertThat(counts.f1()).isZero();
  }

  @Test
  void scores_that_are_no_numbers_are_refused() {
    var counts = new TagCounts(PEOPLE);
    var batch = new TokenBatch(1, 1, new long[1], new long[1], new long[1], new long[] {0});

    assertThatThrownBy(() -> counts.add(batch, new float[] {0, Float.NaN, 0, 0, 0}))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("score of label 'B-PER' is not a number");
  }

  static List<String> texts(JsonNode array) {
    var texts = new ArrayList<String>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
