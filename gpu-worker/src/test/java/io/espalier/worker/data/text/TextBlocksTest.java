package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextBlocksTest {
  @TempDir private Path directory;

  @Test
  void lines_are_joined_with_their_breaks_and_cut_into_blocks() {
    JsonNode lines = Fixtures.expected(Fixtures.GPT2).path("lines");
    long[] tokens = concatenated(lines);

    TextDataset data = generation("x.txt", joined(lines), 8);

    assertThat(data.size()).isEqualTo(tokens.length / 8);
    TokenBatch batch = all(data);
    assertThat(batch.ids()).isEqualTo(Arrays.copyOf(tokens, 8 * data.size()));
    assertThat(batch.labels()).isEqualTo(batch.ids());
    assertThat(batch.mask()).containsOnly(1);
    assertThat(batch.asked(true)).isEqualTo(7 * data.size());
    assertThat(batch.asked(false)).isEqualTo(8 * data.size());
  }

  @Test
  void line_breaks_of_other_systems_are_the_same() {
    String text = joined(Fixtures.expected(Fixtures.GPT2).path("lines"));

    assertThat(generation("x.txt", text.replace("\n", "\r\n"), 8).fingerprint())
        .isEqualTo(generation("y.txt", text, 8).fingerprint());
  }

  @Test
  void a_text_that_fills_no_block_is_kept() {
    JsonNode lines = Fixtures.expected(Fixtures.GPT2).path("lines");

    TextDataset data = generation("x.txt", joined(lines), 128);

    assertThat(data.size()).isEqualTo(1);
    assertThat(all(data).ids()).isEqualTo(concatenated(lines));
  }

  @Test
  void documents_are_parted_by_the_token_that_ends_one() {
    JsonNode texts = Fixtures.expected(Fixtures.GPT2).path("texts");
    var tokens = LongStream.builder();
    var content = new StringBuilder();
    content.append("{\"text\": \"\"}\n"); // no document
    for (JsonNode text : texts) {
      IntStream.of(Fixtures.ints(text.path("encoded").path("ids"))).forEach(tokens::add);
      tokens.add(0);
      content.append("{\"text\": ").append(text.path("text")).append("}");
      content.append('\n');
    }
    long[] expected = tokens.build().toArray();

    TextDataset data = generation("x.jsonl", content.toString(), 16);

    assertThat(all(data).ids()).isEqualTo(Arrays.copyOf(expected, expected.length / 16 * 16));
  }

  @Test
  void a_tokenizer_that_ends_documents_itself_ends_them_once() {
    try (Tokenizer tokenizer = Fixtures.tokenizer(Fixtures.ROBERTA)) {
      int[] ids = tokenizer.encode("The wall").ids();

      TextDataset data =
          masked("{\"text\": \"The wall\"}\n{\"text\": \"The wall\"}\n", "x.jsonl", 1);

      assertThat(data.length()).isEqualTo(2 * ids.length);
    }
  }

  @Test
  void masking_is_the_same_for_a_seed_and_leaves_special_tokens_alone() {
    String text = "The gardener cuts the pear tree.\n".repeat(400);

    TextDataset data = masked(text, "x.txt", 1);

    assertThat(masked(text, "y.txt", 1).fingerprint()).isEqualTo(data.fingerprint());
    assertThat(masked(text, "z.txt", 2).fingerprint()).isNotEqualTo(data.fingerprint());
    assertThat(data.batch(new int[] {3}).ids()).isEqualTo(data.batch(new int[] {3}).ids());
    assertThat(all(data).labels()).doesNotContain(0, 1, 2, 3, 4);
  }

  @Test
  void tokens_are_masked_at_the_rates_of_bert() {
    String text = "The gardener cuts the pear tree.\n".repeat(4000);

    TokenBatch batch = all(masked(text, "x.txt", 7));

    int asked = batch.asked(false);
    int hidden = 0;
    int kept = 0;
    int ordinary = 0;
    for (int i = 0; i < batch.ids().length; i++) {
      boolean guessed = batch.labels()[i] != TokenBatch.IGNORED;
      hidden += guessed && batch.ids()[i] == 4 ? 1 : 0;
      kept += guessed && batch.ids()[i] == batch.labels()[i] ? 1 : 0;
      ordinary += guessed || batch.ids()[i] > 4 ? 1 : 0;
    }
    assertThat((double) asked / ordinary).isCloseTo(0.15, within(0.01));
    assertThat((double) hidden / asked).isCloseTo(0.8, within(0.02));
    assertThat((double) kept / asked).isCloseTo(0.1, within(0.02));
  }

  @Test
  void lines_to_be_masked_are_joined_without_their_breaks() {
    JsonNode lines = Fixtures.expected(Fixtures.ROBERTA).path("lines");
    long[] tokens = concatenated(Fixtures.expected(Fixtures.ROBERTA).path("bare_lines"));

    TokenBatch batch = all(masked(joined(lines), "x.txt", 1));

    assertThat(batch.ids()).hasSameSizeAs(tokens);
    for (int i = 0; i < tokens.length; i++) {
      boolean guessed = batch.labels()[i] != TokenBatch.IGNORED;
      assertThat(guessed ? batch.labels()[i] : batch.ids()[i]).isEqualTo(tokens[i]);
    }
  }

  @Test
  void a_tokenizer_without_mask_cannot_mask() {
    Path file = Fixtures.write(directory, "x.txt", "The wall\n");

    assertThatThrownBy(() -> open(file, TextTask.FILL_MASK, Fixtures.GPT2, TextSettings.USUAL))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no mask token");
  }

  @Test
  void files_without_text_are_refused() {
    assertThatThrownBy(() -> generation("y.jsonl", "{\"text\": \"\"}\n", 8))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("y.jsonl holds no text");
    for (String name : List.of("x.txt", "x.jsonl")) {
      assertThatThrownBy(() -> generation(name, " \n\n", 8))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(name + " holds no text");
    }
  }

  private TextDataset generation(String name, String content, int length) {
    Path file = Fixtures.write(directory, name, content);
    TextSettings settings = TextSettings.USUAL.withMaxLength(length);
    return open(file, TextTask.TEXT_GENERATION, Fixtures.GPT2, settings);
  }

  private TextDataset masked(String content, String name, long seed) {
    Path file = Fixtures.write(directory, name, content);
    TextSettings settings = TextSettings.USUAL.withSeed(seed);
    return open(file, TextTask.FILL_MASK, Fixtures.ROBERTA, settings);
  }

  private static TextDataset open(Path file, TextTask task, String model, TextSettings settings) {
    return TextDatasets.open(
        file.toUri(), Fixtures.input(task), Fixtures.directory(model), settings);
  }

  private static TokenBatch all(TextDataset data) {
    return data.batch(IntStream.range(0, data.size()).toArray());
  }

  private static String joined(JsonNode lines) {
    var parts = new ArrayList<String>();
    lines.forEach(line -> parts.add(line.path("text").textValue()));
    return String.join("", parts);
  }

  private static long[] concatenated(JsonNode lines) {
    var tokens = LongStream.builder();
    for (JsonNode line : lines) {
      IntStream.of(Fixtures.ints(line.path("ids"))).forEach(tokens::add);
    }
    return tokens.build().toArray();
  }
}
