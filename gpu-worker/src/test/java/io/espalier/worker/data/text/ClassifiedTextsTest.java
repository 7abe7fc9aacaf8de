package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClassifiedTextsTest {
  @TempDir private Path directory;

  @Test
  void labels_are_names_or_numbers() {
    TextDataset data =
        open(
            "x.jsonl",
            """
            {"text": "The wall", "label": "good"}

            {"text": "the flood", "label": 0, "idx": 7}
            {"text": "the old wall", "label": 1, "text_pair": "by the sea"}
            """);

    TokenBatch batch = all(data);

    assertThat(data.labelled()).isTrue();
    assertThat(batch.labels()).containsExactly(1, 0, 1);
    assertThat(batch.ids()).startsWith(encoded("The wall"));
    assertThat(tokens(batch, 2)).isEqualTo(encoded("the old wall", "by the sea"));
    assertThat(batch.mask()).startsWith(1, 1, 1, 1, 0);
    assertThat(batch.ids()[4]).isEqualTo(1); // the model's padding
  }

  @Test
  void csv_may_quote_commas_line_breaks_and_quotation_marks() {
    TextDataset data =
        open(
            "x.csv",
            String.join(
                "\r\n",
                "\uFEFFlabel,text,id,text_pair",
                "good,\"the wall, \"\"old\"\"",
                "and long\",1,",
                "",
                "0,the sea,2,\"a, b\"",
                ""));

    TokenBatch batch = all(data);

    assertThat(batch.labels()).containsExactly(1, 0);
    assertThat(tokens(batch, 0)).isEqualTo(encoded("the wall, \"old\"\r\nand long"));
    assertThat(tokens(batch, 1)).isEqualTo(encoded("the sea", "a, b"));
  }

  @Test
  void texts_without_any_label_are_unlabelled() {
    TextDataset jsonl =
        open("x.jsonl", "{\"text\": \"a wall\"}\n{\"text\": \"b\", \"label\": null}");
    TextDataset csv = open("x.csv", "text\na wall\nb\n");

    assertThat(jsonl.labelled()).isFalse();
    assertThat(csv.labelled()).isFalse();
    assertThat(all(jsonl).labels()).isEmpty();
    assertThat(csv.fingerprint()).isEqualTo(jsonl.fingerprint());
  }

  @Test
  void long_texts_are_cut() {
    TextDataset data = open("x.csv", "text,label\n" + "wall ".repeat(500) + ",good\n");

    assertThat(data.length()).isEqualTo(128);
    assertThat(all(data).ids()).startsWith(2).endsWith(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "{'text': 'a', 'label': 'fine'} | line 2: label 'fine' is none of the model's 2: wanted one of [bad, good], or an integer from 0 to 1",
        "{'text': 'a', 'label': '1'} | line 2: label '1' is none of the model's 2: wanted one of [bad, good], or an integer from 0 to 1; a class number must be given as an integer, not as a string",
        "{'text': 'a', 'label': 2} | line 2: label 2 is none of the model's 2 class numbers: wanted an integer from 0 to 1",
        "{'text': 'a', 'label': -1} | line 2: label -1 is none",
        "{'text': 'a', 'label': 1.5} | line 2: label 1.5 is none of the model's 2 class numbers",
        "{'text': 'a', 'label': 1.0} | line 2: label 1.0 is none",
        "{'text': 'a', 'label': true} | line 2: wanted a name or a number under \"label\", or a list of these, found true",
        "{'text': 'a', 'label': [0, 1]} | line 2: [0, 1] is a list, but each has one label here",
        "{'text': 'a'} | line 2: has no label, but other lines have one",
        "{'label': 1} | line 2: wanted a text under \"text\", found {\"label\": 1}",
        "{'text': ' ', 'label': 1} | line 2: its text is empty",
        "{'text': 'a', 'text2': 3, 'label': 1} | line 2: wanted a text under \"text2\", found 3",
        "[1] | line 2: wanted a JSON object, found [1]",
        "{'text': | line 2: is not valid JSON",
        "{'text': 'a', 'text': 'b'} | line 2: is not valid JSON",
        "{'text': 'a', 'label': 1} {} | line 2: is not valid JSON",
      })
  void malformed_lines_are_told_with_their_number(String line, String problem) {
    String content = "{'text': 'ok', 'label': 1}\n" + line + "\n";

    assertThatThrownBy(() -> open("x.jsonl", content.replace('\'', '"')))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.jsonl")
        .hasMessageContaining(problem.replace("model\"s", "model's"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "a,b~1,2 | line 1: wanted a header that names text",
        "text,label~ | x.csv holds no text",
        "text,label~'a~b',good~c,d,e | line 4: wanted 2 values, as the header has, found 3",
        "text,label~a,good~b | line 3: wanted 2 values, as the header has, found 1",
        "text,label~,good | line 2: its text is empty",
        "text,label~a,good~b,fine | line 3: label 'fine'",
        "text,label~a,0~b,2 | line 3: label 2 is none",
        "text,label~a,0~b,1.0 | line 3: label 1.0 is none",
        "text,label~a,good~b,2 | line 3: label '2' is none",
        "text,label~a,good~b, | line 3: has no label",
        "text,label~'a,good | is not valid CSV",
      })
  void malformed_rows_are_told_with_their_line(String rows, String problem) {
    assertThatThrownBy(() -> open("x.csv", rows.replace('~', '\n').replace('\'', '"')))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.csv")
        .hasMessageContaining(problem);
  }

  @Test
  void of_many_problems_the_first_are_told_and_the_others_counted() {
    String lines = "{\"text\": \"a\", \"label\": 7}\n".repeat(25);

    var refused = catchThrowableOfType(InvalidInputException.class, () -> open("x.jsonl", lines));

    assertThat(refused.problems()).hasSize(21);
    assertThat(refused.problems().get(20)).contains("and 5 more problems");
  }

  @Test
  void a_selection_is_an_order_of_its_own() {
    TextDataset data = open("x.csv", "text,label\nwall,0\nsea,1\ntrees,0\nflood,1\n");

    TextDataset drawn = data.drawn(3, 4);

    assertThat(drawn.size()).isEqualTo(3);
    assertThat(drawn.fingerprint())
        .isEqualTo(data.drawn(3, 4).fingerprint())
        .isNotEqualTo(data.drawn(3, 5).fingerprint());
    assertThat(data.first(2).batch(new int[] {1}).ids()).isEqualTo(data.batch(new int[] {1}).ids());
    assertThat(data.first(4)).isSameAs(data);
    assertThat(data.examples()).isEqualTo(4);
  }

  private TextDataset open(String name, String content) {
    Path file = Fixtures.write(directory, name, content);
    return TextDatasets.open(
        file.toUri(),
        Fixtures.input(TextTask.TEXT_CLASSIFICATION),
        Fixtures.directory(Fixtures.WORD_PIECE),
        TextSettings.USUAL);
  }

  private static TokenBatch all(TextDataset data) {
    return data.batch(IntStream.range(0, data.size()).toArray());
  }

  private static long[] tokens(TokenBatch batch, int row) {
    return IntStream.range(row * batch.length(), (row + 1) * batch.length())
        .filter(i -> batch.mask()[i] == 1)
        .mapToLong(i -> batch.ids()[i])
        .toArray();
  }

  private static long[] encoded(String... texts) {
    try (Tokenizer tokenizer = Fixtures.tokenizer(Fixtures.WORD_PIECE)) {
      Encoded encoded =
          texts.length == 1 ? tokenizer.encode(texts[0]) : tokenizer.encode(texts[0], texts[1]);
      return IntStream.of(encoded.ids()).asLongStream().toArray();
    }
  }
}
