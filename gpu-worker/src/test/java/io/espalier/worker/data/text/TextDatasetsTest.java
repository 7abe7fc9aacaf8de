package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextDatasetsTest {
  @TempDir private Path directory;

  @Test
  void the_only_file_of_a_directory_that_will_do_is_taken() {
    Fixtures.write(directory, "README.md", "");
    Fixtures.write(directory, ".hidden.jsonl", "");
    Fixtures.write(directory, "train.jsonl", "{\"text\": \"wall\"}");

    assertThat(open(directory.toUri(), TextTask.TEXT_CLASSIFICATION).size()).isEqualTo(1);
  }

  @Test
  void a_split_chooses_among_several_files() {
    Fixtures.write(directory, "train.csv", "text\na\nb\n");
    Fixtures.write(directory, "test.csv", "text\na\n");

    assertThat(open(split("train"), TextTask.TEXT_CLASSIFICATION).size()).isEqualTo(2);
    assertThat(open(split("test"), TextTask.TEXT_CLASSIFICATION).size()).isEqualTo(1);
    assertRefused(split("validation"), TextTask.TEXT_CLASSIFICATION, "begins with 'validation'");
    assertRefused(split("dev"), TextTask.TEXT_CLASSIFICATION, "found 'split=dev'");
    assertRefused(directory.toUri(), TextTask.TEXT_CLASSIFICATION, "found [test.csv, train.csv]");
  }

  @Test
  void what_was_wanted_and_what_was_found_is_told() {
    URI text = Fixtures.write(directory, "x.txt", "a wall\n").toUri();

    assertRefused(text, TextTask.QUESTION_ANSWERING, "wanted a file of .json (SQuAD questions)");
    assertRefused(text, TextTask.TEXT_CLASSIFICATION, "but found x.txt");
    assertRefused(text, TextTask.TOKEN_CLASSIFICATION, "label 'wall' is none of the model's 2");
    assertRefused(directory.toUri(), TextTask.QUESTION_ANSWERING, "but found [x.txt]");
    assertRefused(
        directory.resolve("none").toUri(), TextTask.FILL_MASK, "no readable file or directory");
    assertRefused(URI.create("s3://bucket/x.txt"), TextTask.FILL_MASK, "wanted a path or a file:");
    assertThatThrownBy(
            () ->
                TextDatasets.openQuestions(
                    text,
                    Fixtures.input(TextTask.TEXT_GENERATION),
                    Fixtures.directory(Fixtures.GPT2),
                    TextSettings.USUAL))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("the model is for text-generation");
  }

  @Test
  void bytes_that_are_no_utf8_are_refused() throws IOException {
    Path file = Files.write(directory.resolve("x.txt"), new byte[] {'a', (byte) 0xff, '\n'});

    assertRefused(file.toUri(), TextTask.FEATURE_EXTRACTION, "is not valid UTF-8");
  }

  @Test
  void features_are_of_one_text_a_line_or_row_without_labels() {
    URI text = Fixtures.write(directory, "x.txt", "a wall\n\nthe sea\n").toUri();
    URI rows = Fixtures.write(directory, "x.csv", "text,label\na wall,?\nthe sea,3\n").toUri();

    TextDataset lines = open(text, TextTask.FEATURE_EXTRACTION);

    assertThat(lines.size()).isEqualTo(2);
    assertThat(lines.labelled()).isFalse();
    assertThat(open(rows, TextTask.FEATURE_EXTRACTION).fingerprint())
        .isEqualTo(lines.fingerprint());
  }

  @Test
  void lengths_are_what_is_usual_for_the_task_or_what_the_model_takes() {
    var large = new TextInput(TextTask.QUESTION_ANSWERING, 420, 1024, 2, 0, List.of());

    assertThat(TextSettings.USUAL.length(large)).isEqualTo(384);
    assertThat(TextSettings.USUAL.overlap(large)).isEqualTo(128);
    assertThat(TextSettings.USUAL.withMaxLength(60).overlap(large)).isEqualTo(20);
    assertThat(TextSettings.USUAL.length(Fixtures.input(TextTask.TEXT_GENERATION))).isEqualTo(128);
  }

  @Test
  void lengths_that_do_not_fit_are_refused() {
    TextInput input = Fixtures.input(TextTask.QUESTION_ANSWERING);

    assertThatThrownBy(() -> TextSettings.USUAL.withMaxLength(129).length(input))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("129");
    assertThatThrownBy(() -> TextSettings.USUAL.withStride(128).overlap(input))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("can share 0 to 127");
  }

  private URI split(String name) {
    return URI.create(directory.toUri() + "?split=" + name);
  }

  private static TextDataset open(URI uri, TextTask task) {
    return TextDatasets.open(
        uri, Fixtures.input(task), Fixtures.directory(Fixtures.WORD_PIECE), TextSettings.USUAL);
  }

  private static void assertRefused(URI uri, TextTask task, String message) {
    assertThatThrownBy(() -> open(uri, task))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(message);
  }
}
