package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Labels of files for models whose classes are named by digits, and for several labels a text. */
final class LabelMeaningTest {
  private static final List<String> STARS = List.of("1", "2", "3", "4", "5");

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "x.jsonl | {'text': 'a', 'label': 2}~{'text': 'b', 'label': 0} | 2, 0",
        "x.jsonl | {'text': 'a', 'label': '2'}~{'text': 'b', 'label': '5'} | 1, 4",
        "x.csv | text,label~a,2~b,0 | 2, 0",
      })
  void an_integer_is_a_number_and_a_string_a_name_and_what_may_be_meant_otherwise_is_said(
      String name, String content, String labels) {
    TextDataset data = open(name, content, singly(STARS));

    assertThat(data.batch(new int[] {0, 1}).labels()).containsExactly(numbers(labels));
    assertThat(data.warnings())
        .singleElement()
        .asString()
        .contains(name)
        .contains(content.contains("'2'") ? "label '2' is taken for" : "class number 2");
    assertThat(data.first(1).warnings()).isEqualTo(data.warnings());
  }

  @Test
  void words_of_columns_and_lists_are_told_apart_alike() {
    var tags = new TextInput(TextTask.TOKEN_CLASSIFICATION, 420, 128, 2, 1, STARS);

    TextDataset columns = open("x.conll", "a 0~b 1", tags);
    TextDataset integers = open("x.jsonl", "{'tokens': ['a', 'b'], 'ner_tags': [0, 1]}", tags);
    TextDataset strings = open("y.jsonl", "{'tokens': ['a', 'b'], 'ner_tags': ['1', '2']}", tags);

    assertThat(columns.fingerprint())
        .isEqualTo(integers.fingerprint())
        .isEqualTo(strings.fingerprint());
    assertThat(List.of(columns, integers, strings))
        .allSatisfy(data -> assertThat(data.warnings()).hasSize(1));
  }

  @Test
  void nothing_is_said_where_nothing_else_can_be_meant() {
    TextDataset named = open("x.csv", "text,label~a,bad~b,1", singly(List.of("bad", "good")));
    TextDataset same = open("y.csv", "text,label~a,0~b,1", singly(List.of("0", "1")));
    TextDataset far = open("z.jsonl", "{'text': 'a', 'label': '7'}", singly(List.of("7", "9")));

    assertThat(named.batch(new int[] {0, 1}).labels()).containsExactly(0, 1);
    assertThat(List.of(named, same, far)).allSatisfy(data -> assertThat(data.warnings()).isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "x.jsonl | {'text': 'a', 'label': 5} | line 1: label 5 is none of the model's 5 class numbers: wanted an integer from 0 to 4; the class named '5' must be given as a string in JSON lines",
        "x.csv | text,label~a,1~b,5 | line 3: label 5 is none",
        "x.jsonl | {'text': 'a', 'label': '0'} | line 1: label '0' is none of the model's 5",
        "x.jsonl | {'text': 'a', 'label': 1e400} | line 1: wanted a name or a number under",
        "x.jsonl | {'text': 'a', 'label': 99999999999999999999} | line 1: label 99999999999999999999 is none",
      })
  void what_cannot_be_meant_is_refused(String name, String content, String problem) {
    assertThatThrownBy(() -> open(name, content, singly(STARS)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(problem.replace("model\"s", "model's"));
  }

  @Test
  void a_name_of_two_classes_is_refused_but_their_numbers_are_not() {
    TextInput twice = singly(List.of("a", "b", "a"));

    assertThat(open("x.jsonl", "{'text': 'a', 'label': 2}", twice).batch(new int[1]).labels())
        .containsExactly(2);
    assertThatThrownBy(() -> open("y.jsonl", "{'text': 'a', 'label': 'a'}", twice))
        .hasMessageContaining("label 'a' is the name of classes [0, 2]; give the number");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "['a', 'c']~[]~'b' | 1 0 1  0 0 0  0 1 0 | 0",
        "[0, 2]~[1]~2 | 1 0 1  0 1 0  0 0 1 | 0",
        "[0, 1, 1]~[0.0, 1.0, 0.0]~[1, 0, 0] | 0 1 1  0 1 0  1 0 0 | 0",
        "[0, 1, 2]~[1, 2]~[0] | 1 1 1  0 1 1  1 0 0 | 0",
      })
  void several_labels_are_names_numbers_or_one_mark_for_each_class(
      String labels, String targets, int warnings) {
    TextDataset data =
        open("x.jsonl", lines(labels), valued(List.of("a", "b", "c"), ProblemType.MULTI_LABEL));

    assertThat(data.labelled()).isTrue();
    assertThat(data.batch(all(data)).targets()).containsExactly(floats(targets));
    assertThat(data.batch(all(data)).labels()).isEmpty();
    assertThat(data.warnings()).hasSize(warnings);
  }

  @Test
  void marks_that_could_be_numbers_are_told() {
    TextInput two = valued(List.of("a", "b"), ProblemType.MULTI_LABEL);

    TextDataset both = open("x.jsonl", lines("[0, 1]~[1, 0]"), two);
    TextDataset marks = open("y.jsonl", lines("[0, 1]~[1, 1]"), two);

    assertThat(both.batch(all(both)).targets()).containsExactly(0, 1, 1, 0);
    assertThat(both.warnings()).singleElement().asString().contains("one 0 or 1 for each");
    assertThat(marks.warnings()).isEmpty();
  }

  @Test
  void numbers_are_what_a_regression_is_to_say() {
    TextDataset one =
        open("x.csv", "text,label~a,2.5~b,-1", valued(List.of("x"), ProblemType.REGRESSION));
    TextDataset two =
        open(
            "y.jsonl", lines("[1, 0.5]~[0, 2]"), valued(List.of("x", "y"), ProblemType.REGRESSION));

    assertThat(one.batch(all(one)).targets()).containsExactly(2.5f, -1f);
    assertThat(two.batch(all(two)).targets()).containsExactly(1f, 0.5f, 0f, 2f);
    assertThat(one.fingerprint())
        .isNotEqualTo(
            open("x.csv", "text,label~a,2.5~b,-2", valued(List.of("x"), ProblemType.REGRESSION))
                .fingerprint());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "REGRESSION | '2.5' | line 1: wanted a list of 2 numbers, since problem_type is regression, found '2.5'",
        "REGRESSION | 1 | line 1: wanted a list of 2 numbers",
        "REGRESSION | [1, 1e99] | line 1: wanted a list of 2 numbers",
        "MULTI_LABEL | ['a', 'z'] | line 1: label 'z' is none of the model's 2",
        "MULTI_LABEL | [2] | line 1: label 2 is none",
        "MULTI_LABEL | [0.5, 1] | line 1: label 0.5 is none",
        "MULTI_LABEL | {'a': 1} | line 1: wanted a name or a number under",
      })
  void what_is_no_such_label_is_refused(ProblemType problem, String label, String message) {
    assertThatThrownBy(() -> open("x.jsonl", lines(label), valued(List.of("a", "b"), problem)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.jsonl")
        .hasMessageContaining(message.replace("model\"s", "model's"));
  }

  private static String lines(String labels) {
    return "{'text': 'a', 'label': " + labels.replace("~", "}~{'text': 'a', 'labels': ") + "}";
  }

  private static TextInput singly(List<String> names) {
    return new TextInput(TextTask.TEXT_CLASSIFICATION, 420, 128, 2, 1, names);
  }

  private static TextInput valued(List<String> names, ProblemType problem) {
    return new TextInput(TextTask.TEXT_CLASSIFICATION, 420, 128, 2, 1, names, problem);
  }

  private TextDataset open(String name, String content, TextInput input) {
    Path file = Fixtures.write(directory, name, content.replace('~', '\n').replace('\'', '"'));
    return TextDatasets.open(
        file.toUri(), input, Fixtures.directory(Fixtures.WORD_PIECE), TextSettings.USUAL);
  }

  private static int[] all(TextDataset data) {
    return IntStream.range(0, data.size()).toArray();
  }

  private static long[] numbers(String text) {
    return java.util.Arrays.stream(text.split(", ", -1)).mapToLong(Long::parseLong).toArray();
  }

  private static float[] floats(String text) {
    String[] parts = text.trim().split(" +", -1);
    float[] floats = new float[parts.length];
    for (int i = 0; i < parts.length; i++) {
      floats[i] = Float.parseFloat(parts[i]);
    }
    return floats;
  }
}
