package io.espalier.worker.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.TextModel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Texts that are drawn are what they are said to be. */
class DrawnTextTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int UNKNOWN = 1; // [UNK]

  @TempDir Path directory;

  @Test
  void answers_stand_in_their_texts_where_the_file_says() throws IOException {
    JsonNode paragraphs = questions(60, 3).path("data").path(0).path("paragraphs");

    assertThat(paragraphs).hasSize(60);
    for (JsonNode paragraph : paragraphs) {
      JsonNode answers = paragraph.path("qas").path(0).path("answers");
      assertThat(answers).hasSizeBetween(1, 2);
      for (JsonNode answer : answers) {
        int start = answer.path("answer_start").asInt();
        assertThat(paragraph.path("context").asText().substring(start))
            .startsWith(answer.path("text").asText());
      }
    }
  }

  @Test
  void every_sentence_that_tells_what_is_asked_has_an_answer() throws IOException {
    Map<String, String> told =
        Map.of(
            "live", "lives", "own", "owns", "meet", "met", "feel", "feels", "eat", "eats", "keep",
            "keeps", "come", "came", "like", "likes");
    var asked = new TreeSet<String>();
    int twice = 0;
    for (JsonNode paragraph : questions(80, 4).path("data").path(0).path("paragraphs")) {
      JsonNode question = paragraph.path("qas").path(0);
      String[] words = question.path("question").asText().replace("?", "").split(" ", -1);
      String verb = told.get(words[words.length - 1]);
      asked.add(verb);

      List<String> sentences =
          Stream.of(paragraph.path("context").asText().split("\\. ?", -1))
              .filter(sentence -> !sentence.isEmpty())
              .filter(sentence -> sentence.split(" ", -1)[1].equals(verb))
              .toList();

      assertThat(question.path("answers")).as(question.toString()).hasSameSizeAs(sentences);
      for (JsonNode answer : question.path("answers")) {
        assertThat(sentences)
            .filteredOn(sentence -> sentence.contains(answer.path("text").asText()))
            .as(question.toString())
            .hasSize(1);
      }
      twice += sentences.size() > 1 ? 1 : 0;
    }
    assertThat(asked).as("all kinds of questions").hasSize(8);
    assertThat(twice).as("told twice").isBetween(1, 30);
  }

  @Test
  void a_larger_set_begins_with_the_smaller_one_and_another_seed_gives_another()
      throws IOException {
    JsonNode small = questions(3, 5);
    JsonNode large = questions(6, 5);

    for (int i = 0; i < 3; i++) {
      assertThat(large.path("data").path(0).path("paragraphs").path(i))
          .isEqualTo(small.path("data").path(0).path("paragraphs").path(i));
    }
    assertThat(questions(3, 6)).isNotEqualTo(small);
  }

  @Test
  void opinions_are_labelled_by_their_last_clause() throws IOException {
    DrawnText.OPINIONS.write(directory, 50, 20, 1);
    List<String> lines = Files.readAllLines(directory.resolve("train.jsonl"));

    assertThat(lines).hasSize(50);
    for (String line : lines) {
      JsonNode opinion = JSON.readTree(line);
      String[] clauses = opinion.path("text").asText().replace(".", "").split(" but ", -1);
      List<String> last = List.of(clauses[clauses.length - 1].split(" ", -1));
      boolean good = Lexicon.GOOD.contains(last.get(last.size() - 1));
      assertThat(opinion.path("label").asText())
          .as(line)
          .isEqualTo(good != last.contains("not") ? "positive" : "negative");
    }
    assertThat(lines.stream().filter(line -> line.contains("\"positive\""))).hasSizeBetween(15, 35);
  }

  @Test
  void the_floor_of_tales_counts_every_free_choice() {
    double nats =
        LongStream.of(20, 19, 8, 16, 6, 8, 6) // giver, taker, colour, thing, verb, place, mood
            .mapToDouble(Math::log)
            .sum();
    List<Tales.Tale> tales =
        LongStream.range(0, 50).mapToObj(seed -> Tales.of(Seeds.mix(seed))).toList();

    assertThat(tales).allSatisfy(t -> assertThat(t.nats()).isCloseTo(nats, within(1e-9)));
    double tokens = tales.stream().mapToInt(Tales.Tale::tokens).average().orElseThrow();
    assertThat(DrawnText.floorOfTales(2_000, 9)).isCloseTo(nats / tokens, within(0.02));
  }

  @Test
  void every_word_is_one_token_that_the_tokenizer_knows() {
    Path model = directory.resolve("model");
    Zoo.writeRandomText(
        new RandomText(TextSize.of("gpt2_tiny"), TextTask.TEXT_GENERATION, 1), model);
    DrawnText.TALES.write(directory.resolve("data"), 1, 40, 9);

    TextDataset blocks = test(model, directory.resolve("data"));

    long[] ids = all(blocks).ids();
    int tokens =
        LongStream.range(0, 40).mapToObj(i -> tale(i, 9)).mapToInt(Tales.Tale::tokens).sum();
    assertThat(ids).doesNotContain(UNKNOWN);
    assertThat(ids.length).isGreaterThan(tokens - 64).isLessThanOrEqualTo(tokens); // whole blocks
  }

  @Test
  void questions_and_opinions_hold_only_words_that_the_tokenizer_knows() {
    Path model = directory.resolve("model");
    Zoo.writeRandomText(
        new RandomText(TextSize.of("bert_tiny"), TextTask.QUESTION_ANSWERING, 1), model);
    Path other = directory.resolve("other");
    Zoo.writeRandomText(
        new RandomText(TextSize.of("bert_tiny"), TextTask.TEXT_CLASSIFICATION, 1), other);
    Path questions = directory.resolve("questions");
    Path opinions = directory.resolve("opinions");
    DrawnText.QUESTIONS.write(questions, 1, 30, 9);
    DrawnText.OPINIONS.write(opinions, 1, 30, 9);

    assertThat(all(test(model, questions)).ids()).doesNotContain(UNKNOWN);
    assertThat(test(model, questions).size()).as("one window each").isEqualTo(30);
    assertThat(all(test(other, opinions)).ids()).doesNotContain(UNKNOWN);
  }

  @Test
  void a_directory_with_another_set_is_refused() {
    DrawnText.TALES.write(directory, 1, 1, 1);

    assertThatThrownBy(() -> DrawnText.TALES.write(directory, 1, 1, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("test.txt");
    assertThatThrownBy(() -> DrawnText.TALES.write(directory.resolve("x"), 0, 1, 1))
        .hasMessageContaining("0 and 1 were asked for");
    assertThatThrownBy(() -> DrawnText.of("poems"))
        .hasMessage("the zoo draws no 'poems'; it draws shapes, questions, opinions, tales");
  }

  private Tales.Tale tale(long position, long seed) {
    return Tales.of(Seeds.mix(Seeds.mix(seed ^ 0x746573745fL) + position));
  }

  private JsonNode questions(int count, long seed) throws IOException {
    Path data = directory.resolve(count + "-" + seed);
    DrawnText.QUESTIONS.write(data, count, 1, seed);
    return JSON.readTree(data.resolve("train.json").toFile());
  }

  private static TextDataset test(Path model, Path data) {
    URI uri = URI.create(data.toUri() + "?split=test");
    var input = TextModel.of(ModelDirectory.open(model)).network().input();
    return TextDatasets.open(uri, input, model, TextSettings.USUAL);
  }

  private static TokenBatch all(TextDataset data) {
    return data.batch(IntStream.range(0, data.size()).toArray());
  }
}
