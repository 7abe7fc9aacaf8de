package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TaggedTextsTest {
  private static final TextInput INPUT =
      new TextInput(
          TextTask.TOKEN_CLASSIFICATION,
          420,
          128,
          2,
          0,
          List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC"));
  private static final long NO = TokenBatch.IGNORED;

  @TempDir Path directory;

  @Test
  void word_pieces_have_the_labels_that_hugging_face_gives_them() {
    JsonNode sentences = Fixtures.expected("/golden/tags").path("sentences");
    var lines = new StringBuilder();
    for (JsonNode one : sentences) {
      var row = new ObjectMapper().createObjectNode();
      row.set("tokens", one.path("tokens"));
      row.set("ner_tags", one.path("tags"));
      lines.append(row).append('\n');
    }

    TextDataset data = open(Fixtures.WORD_PIECE, "x.jsonl", lines.toString());

    assertThat(data.size()).isEqualTo(sentences.size()).isEqualTo(8);
    for (int i = 0; i < data.size(); i++) {
      TokenBatch one = data.batch(new int[] {i});
      assertThat(one.ids()).containsExactly(longs(sentences.get(i).path("ids")));
      assertThat(one.labels()).containsExactly(longs(sentences.get(i).path("labels")));
    }
  }

  @Test
  void columns_and_json_lines_say_the_same() {
    String columns =
        """
        -DOCSTART- -X- O

        the DT B-PER
        river NN I-PER

        a\tDT\tO
        """;
    String json =
        """
        {"tokens": ["the", "river"], "ner_tags": ["B-PER", "I-PER"]}
        {"tokens": [], "ner_tags": []}

        {"tokens": ["a"], "tags": [0]}
        """;

    TextDataset first = open(Fixtures.WORD_PIECE, "x.conll", columns);
    TextDataset second = open(Fixtures.WORD_PIECE, "x.jsonl", json);
    TextDataset third = open(Fixtures.WORD_PIECE, "x.txt", columns.stripTrailing());

    assertThat(first.size()).isEqualTo(2);
    assertThat(first.labelled()).isTrue();
    assertThat(second.fingerprint()).isEqualTo(first.fingerprint());
    assertThat(third.fingerprint()).isEqualTo(first.fingerprint());
  }

  @ParameterizedTest
  @ValueSource(strings = {Fixtures.ROBERTA, Fixtures.GPT2})
  void tokens_that_hold_the_space_in_front_belong_to_the_word_behind_it(String tokenizer) {
    List<String> words = List.of("unbelievable", "rivers", "run");

    TokenBatch one =
        open(tokenizer, "x.conll", "unbelievable B-PER\nrivers I-PER\nrun B-LOC\n")
            .batch(new int[] {0});

    assertThat(Arrays.stream(one.labels()).filter(label -> label != NO))
        .containsExactly(1L, 2L, 3L);
    try (Tokenizer opened = Fixtures.tokenizer(tokenizer)) {
      Encoded whole = opened.encode(String.join(" ", words));
      for (int token = 0; token < one.length(); token++) {
        boolean begins = whole.sources()[token] != Encoded.ADDED && begins(whole, token);
        assertThat(one.labels()[token] != NO).as("token %d", token).isEqualTo(begins);
      }
    }
  }

  /** Returns whether a token holds the first letter of a word: those are at 0, 13 and 20. */
  private static boolean begins(Encoded whole, int token) {
    return List.of(0, 13, 20).stream()
        .anyMatch(at -> whole.begins()[token] <= at && at < whole.ends()[token]);
  }

  @Test
  void words_that_do_not_fit_are_left_out() {
    String words = "the O\nriver B-PER\na O\nhouse B-LOC\n";
    Path file = Fixtures.write(directory, "x.conll", words);
    int whole = open(Fixtures.WORD_PIECE, "x.conll", words).length();
    var settings = TextSettings.USUAL.withMaxLength(whole - 1);

    TokenBatch one =
        TextDatasets.open(file.toUri(), INPUT, Fixtures.directory(Fixtures.WORD_PIECE), settings)
            .batch(new int[] {0});

    assertThat(one.length()).isEqualTo(whole - 1);
    assertThat(one.labels()[0]).isEqualTo(NO);
    assertThat(one.labels()[one.length() - 1]).isEqualTo(NO);
    assertThat(one.labels()[1]).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x.conll | a O\\nriver\\n | line 2: wanted a word and its tag in columns",
        "x.conll | a B-DOG\\n | line 1: word 1 'a': label 'B-DOG' is none of the model's 5",
        "x.conll | a 5\\n"
            + " | label 5 is none of the model's 5 class numbers: wanted an integer from 0 to",
        "x.conll | a O\\nb 5\\n | label '5' is none of the model's 5: wanted one of [O, B-PER",
        "x.jsonl | {\"tokens\": [\"a\"], \"ner_tags\": [\"4\"]} | label '4' is none of the model's"
            + " 5",
        "x.conll | \\n\\n | holds no words",
        "x.jsonl | {\"tokens\": [\"a\"], \"ner_tags\": [0, 1]} | line 1: has 1 tokens, but 2 tags",
        "x.jsonl | {\"tokens\": [\"a\", \" \"], \"ner_tags\": [0, 1]} | line 1: word 2 is empty",
        "x.jsonl | {\"tokens\": \"a b\", \"ner_tags\": [0, 1]} | wanted a list of words under"
            + " \"tokens\"",
        "x.jsonl | {\"tokens\": [1], \"ner_tags\": [0]} | wanted a list of words under \"tokens\"",
        "x.jsonl | {\"tokens\": [\"a\"]} | wanted a list of names or numbers of labels under"
            + " \"ner_tags\"",
        "x.jsonl | {\"tokens\": [\"a\"], \"ner_tags\": [0.5]} | label 0.5 is none of the model's 5",
        "x.jsonl | [1 | is not valid JSON"
      })
  void what_is_wrong_is_named_with_its_line(String name, String content, String problem) {
    assertThatThrownBy(() -> open(Fixtures.WORD_PIECE, name, content.replace("\\n", "\n")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(problem);
  }

  private TextDataset open(String tokenizer, String name, String content) {
    Path file = Fixtures.write(directory, name, content);
    return TextDatasets.open(
        file.toUri(), INPUT, Fixtures.directory(tokenizer), TextSettings.USUAL);
  }

  private static long[] longs(JsonNode array) {
    return Arrays.stream(Fixtures.ints(array)).asLongStream().toArray();
  }
}
