package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against what TRL makes of the same rows, see {@code tokenizers/prompts.py}. */
final class AnsweredPromptsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void only_answers_are_asked_and_the_token_behind_them() throws IOException {
    JsonNode rows = JSON.readTree(Fixtures.directory("/tokenizers/prompts.json").toFile());
    StringBuilder content = new StringBuilder("\n");
    for (JsonNode row : rows) {
      ObjectNode line = ((ObjectNode) row).deepCopy();
      content.append(JSON.writeValueAsString(line.retain("prompt", "completion"))).append("\n\n");
    }

    TextDataset data = open(content.toString(), 128);

    assertThat(data.size()).isEqualTo(4);
    assertThat(data.labelled()).isTrue();
    assertThat(data.warnings()).isEmpty();
    for (int i = 0; i < 4; i++) {
      TokenBatch batch = data.batch(new int[] {i});
      int[] ids = Fixtures.ints(rows.get(i).path("ids"));
      int from = rows.get(i).path("asked_from").asInt();
      assertThat(batch.ids()).isEqualTo(wide(ids));
      assertThat(Arrays.copyOf(batch.labels(), from)).isEqualTo(ignored(from));
      assertThat(Arrays.copyOfRange(batch.labels(), from, ids.length))
          .isEqualTo(wide(Arrays.copyOfRange(ids, from, ids.length)));
      assertThat(batch.asked(true)).isEqualTo(ids.length - Math.max(from, 1));
    }
    TokenBatch both = data.batch(new int[] {2, 1});
    assertThat(both.asked(true))
        .isEqualTo(data.batch(new int[] {2}).asked(true) + data.batch(new int[] {1}).asked(true));
  }

  /** The space at the prompt's end belongs to the word that follows. */
  @Test
  void a_token_of_both_is_the_answers() {
    TokenBatch apart = open(line("The gardener cuts", " the pear tree."), 128).batch(first());
    TokenBatch across = open(line("The gardener cuts ", "the pear tree."), 128).batch(first());

    assertThat(across.ids()).isEqualTo(apart.ids());
    assertThat(across.labels()).isEqualTo(apart.labels());
  }

  @Test
  void a_sequence_that_is_too_long_loses_the_end_of_its_answer() {
    String row = line("The gardener cuts", " the pear tree.");
    TokenBatch whole = open(row, 128).batch(first());
    int prompt = whole.length() - whole.asked(true);

    TextDataset data = open(row + line("", "The wall"), prompt + 2);

    TokenBatch batch = data.batch(first());
    assertThat(batch.ids()).isEqualTo(Arrays.copyOf(whole.ids(), prompt + 2));
    assertThat(batch.asked(true)).isEqualTo(2);
    assertThat(data.warnings()).hasSize(1);
    assertThat(data.warnings().get(0))
        .contains("x.jsonl")
        .contains(
            "of 2 answers lose their end, since sequences have %d tokens".formatted(prompt + 2));
  }

  @Test
  void everything_wrong_is_said_with_its_line() {
    String content =
        line("The gardener cuts the pear tree in the morning", " early.")
            + "{\"text\": \"The wall\"}\n"
            + "{\"prompt\": \"a\", \"completion\": [{\"role\": \"user\"}]}\n"
            + line("The", "")
            + "{\"prompt\"\n";

    assertThatThrownBy(() -> open(content, 5))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("x.jsonl, line 1: its prompt has ")
        .hasMessageContaining("tokens, but sequences have 5, which leaves no room for an answer")
        .hasMessageContaining("x.jsonl, line 2: wanted texts under \"prompt\" and \"completion\"")
        .hasMessageContaining("x.jsonl, line 3: wanted texts")
        .hasMessageContaining("x.jsonl, line 4: its completion is empty")
        .hasMessageContaining("x.jsonl, line 5: is not valid JSON");
  }

  @Test
  void rows_of_texts_are_read_as_before() {
    Path file = Fixtures.write(directory, "y.jsonl", "{\"text\": \"The wall\"}\n");

    assertThat(AnsweredPrompts.in(file)).isFalse();
    assertThat(AnsweredPrompts.in(Fixtures.write(directory, "z.txt", "{\"prompt\": 1}"))).isFalse();
    assertThat(AnsweredPrompts.in(Fixtures.write(directory, "z.jsonl", "{\"prom"))).isFalse();
  }

  private static String line(String prompt, String completion) {
    return "{\"prompt\": \"%s\", \"completion\": \"%s\"}\n".formatted(prompt, completion);
  }

  private TextDataset open(String content, int length) {
    Path file = Fixtures.write(directory, "x.jsonl", content);
    return TextDatasets.open(
        file.toUri(),
        Fixtures.input(TextTask.TEXT_GENERATION),
        Fixtures.directory(Fixtures.GPT2),
        TextSettings.USUAL.withMaxLength(length));
  }

  private static int[] first() {
    return new int[] {0};
  }

  private static long[] ignored(int tokens) {
    long[] all = new long[tokens];
    Arrays.fill(all, TokenBatch.IGNORED);
    return all;
  }

  private static long[] wide(int[] ids) {
    return Arrays.stream(ids).asLongStream().toArray();
  }
}
