package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeTokenizerTest {
  @ParameterizedTest
  @ValueSource(strings = {Fixtures.ROBERTA, Fixtures.GPT2})
  void texts_become_the_tokens_and_offsets_that_python_gives_them(String fixture) {
    try (Tokenizer tokenizer = Fixtures.tokenizer(fixture)) {
      for (JsonNode text : Fixtures.expected(fixture).path("texts")) {
        String string = text.path("text").textValue();

        assertSame(tokenizer.encode(string), text.path("encoded"), string, string);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Fixtures.ROBERTA, Fixtures.GPT2})
  void pairs_that_are_too_long_are_cut_as_python_cuts_them(String fixture) {
    try (Tokenizer tokenizer = Fixtures.tokenizer(fixture)) {
      for (JsonNode pair : Fixtures.expected(fixture).path("longest_first")) {
        String first = pair.path("first").textValue();
        String second = pair.path("second").textValue();

        Encoded cut =
            Truncation.longestFirst(
                tokenizer.encode(first, second), pair.path("length").intValue());

        assertSame(cut, pair.path("encoded"), first, second);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {Fixtures.ROBERTA, Fixtures.GPT2})
  void windows_over_a_long_second_text_are_those_of_python(String fixture) {
    try (Tokenizer tokenizer = Fixtures.tokenizer(fixture)) {
      for (JsonNode pair : Fixtures.expected(fixture).path("windows")) {
        String first = pair.path("first").textValue();
        String second = pair.path("second").textValue();

        List<Encoded> windows =
            Truncation.windows(
                tokenizer.encode(first, second),
                pair.path("length").intValue(),
                pair.path("stride").intValue());

        assertThat(windows).hasSize(pair.path("windows").size());
        for (int i = 0; i < windows.size(); i++) {
          assertSame(windows.get(i), pair.path("windows").get(i), first, second);
        }
      }
    }
  }

  @Test
  void half_a_character_keeps_its_place() {
    try (Tokenizer tokenizer = Fixtures.tokenizer(Fixtures.WORD_PIECE)) {
      Encoded encoded = tokenizer.encode("wall \uD83D wall \uD83D\uDC1F wall");

      assertThat(encoded.begins()).contains(0, 7, 15);
      assertThat(encoded.ends()).contains(4, 11, 19);
    }
  }

  @Test
  void special_tokens_are_found_by_their_role_or_their_usual_name() {
    Vocabulary roberta = Vocabulary.read(Fixtures.directory(Fixtures.ROBERTA));
    Vocabulary gpt2 = Vocabulary.read(Fixtures.directory(Fixtures.GPT2));
    Vocabulary bert = Vocabulary.read(Fixtures.directory(Fixtures.WORD_PIECE));

    assertThat(roberta.size()).isEqualTo(380);
    assertThat(roberta.special()).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    assertThat(roberta.end()).hasValue(2);
    assertThat(roberta.mask()).hasValue(4);
    assertThat(gpt2.end()).hasValue(0);
    assertThat(gpt2.mask()).isEmpty();
    assertThat(bert.end()).isEmpty();
    assertThat(bert.mask()).hasValue(4);
  }

  @Test
  void pieces_of_a_unigram_vocabulary_are_numbered_in_their_order(@TempDir Path directory) {
    Fixtures.write(
        directory,
        "tokenizer.json",
        """
        {"added_tokens": [{"id": 3, "content": "<x>", "special": false}],
         "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["</s>", 0.0], ["a", -1.5]]}}
        """);

    assertThat(Vocabulary.read(directory))
        .isEqualTo(new Vocabulary(4, java.util.Set.of(), OptionalInt.of(1), OptionalInt.empty()));
  }

  @Test
  void a_missing_tokenizer_is_told_with_what_writes_it(@TempDir Path directory) {
    assertThatThrownBy(() -> Tokenizer.open(directory, Fixtures.input(TextTask.FILL_MASK)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tokenizer.json")
        .hasMessageContaining("AutoTokenizer.from_pretrained(name).save_pretrained(directory)");
  }

  @Test
  void tokens_that_the_embedding_does_not_know_are_refused_with_both_sizes() {
    var small = new TextInput(TextTask.FILL_MASK, 379, 128, 2, 1, List.of());

    assertThatThrownBy(() -> Tokenizer.open(Fixtures.directory(Fixtures.ROBERTA), small))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("380 tokens")
        .hasMessageContaining("only 379");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{\"model\": {}}", "{\"model\": {\"vocab\": {\"a\": 0}}}"})
  void a_malformed_tokenizer_is_refused_by_its_name(String content, @TempDir Path directory) {
    Fixtures.write(directory, "tokenizer.json", content);

    assertThatThrownBy(() -> Tokenizer.open(directory, Fixtures.input(TextTask.FILL_MASK)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("tokenizer.json");
  }

  @Test
  void a_length_without_room_for_text_is_refused() {
    try (Tokenizer tokenizer = Fixtures.tokenizer(Fixtures.ROBERTA)) {
      Encoded encoded = tokenizer.encode("The wall");

      assertThatThrownBy(() -> Truncation.longestFirst(encoded, 2))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("maximum length of 2");
    }
  }

  private static void assertSame(Encoded found, JsonNode expected, String first, String second) {
    assertThat(found.ids()).isEqualTo(Fixtures.ints(expected.path("ids")));
    assertThat(found.types()).isEqualTo(Fixtures.ints(expected.path("types")));
    assertThat(found.sources()).isEqualTo(Fixtures.ints(expected.path("sources")));
    for (int i = 0; i < found.length(); i++) {
      String text = found.sources()[i] == 1 ? second : first;
      int[] offset = Fixtures.ints(expected.path("offsets").get(i));
      assertThat(found.begins()[i]).isEqualTo(text.offsetByCodePoints(0, offset[0]));
      assertThat(found.ends()[i]).isEqualTo(text.offsetByCodePoints(0, offset[1]));
    }
  }
}
