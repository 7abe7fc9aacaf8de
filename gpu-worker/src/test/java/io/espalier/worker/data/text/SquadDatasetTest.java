package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.TextTask;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SquadDatasetTest {
  private static final TextInput INPUT = Fixtures.input(TextTask.QUESTION_ANSWERING);
  private static final TextSettings SHORT = TextSettings.USUAL.withMaxLength(64).withStride(24);

  @TempDir private Path directory;

  @Test
  void a_selection_has_all_windows_of_each_question_together() {
    SquadDataset all = golden();

    SquadDataset drawn = all.drawn(3, 5);

    assertThat(drawn.examples()).isEqualTo(3);
    for (int i = 0; i < drawn.size(); i++) {
      int before = i == 0 ? 0 : drawn.window(i - 1).question();
      assertThat(drawn.window(i).question()).isBetween(before, before + 1);
    }
    for (int q = 0; q < 3; q++) {
      String id = drawn.questions().get(q).id();
      assertThat(windows(drawn, id)).isEqualTo(windows(all, id)).isPositive();
    }
  }

  @Test
  void the_same_seed_draws_the_same_questions_and_another_draws_others() {
    SquadDataset all = golden();

    assertThat(all.drawn(3, 5).fingerprint()).isEqualTo(all.drawn(3, 5).fingerprint());
    assertThat(all.drawn(3, 5).fingerprint()).isNotEqualTo(all.drawn(3, 6).fingerprint());
    assertThat(all.drawn(9, 5).examples()).isEqualTo(6);
    assertThat(all.first(2).questions()).isEqualTo(all.questions().subList(0, 2));
    assertThat(all.first(6)).isSameAs(all);
    assertThatThrownBy(() -> all.first(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_fingerprint_tells_contents_apart_whatever_the_locale() {
    Locale before = Locale.getDefault();
    try {
      String fingerprint = golden().fingerprint();
      Locale.setDefault(Locale.forLanguageTag("ar-EG"));

      assertThat(golden().fingerprint()).isEqualTo(fingerprint);
      assertThat(open(squad("q", "'answers': [{'text': 'wall', 'answer_start': 4}]")).fingerprint())
          .isNotEqualTo(
              open(squad("q", "'answers': [{'text': 'wall.', 'answer_start': 4}]")).fingerprint());
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void selections_are_answered_and_scored_alone() {
    SquadDataset first = golden().first(1);
    TokenBatch batch = first.batch(new int[] {0});
    var logits = new float[2 * batch.length()];
    logits[2 * (int) batch.labels()[0]] = 9;
    logits[2 * (int) batch.labels()[1] + 1] = 9;

    SquadAnswers answers = first.answers();
    answers.add(new int[] {0}, batch.length(), logits);

    assertThat(answers.texts()).isEqualTo(Map.of("bridge-who", "the engineer Pavel Rund"));
    assertThat(answers.scores()).isEqualTo(new SquadScores(100, 100, 1));
  }

  @Test
  void a_selection_may_go_unanswered_if_the_whole_may() {
    SquadDataset first = golden().first(1);
    var logits = new float[2 * 64];
    logits[0] = 1;

    SquadAnswers answers = first.answers();
    answers.add(new int[] {0}, 64, logits);

    assertThat(answers.texts()).isEqualTo(Map.of("bridge-who", ""));
  }

  @Test
  void windows_that_were_not_answered_are_named() {
    SquadAnswers answers = golden().answers();

    assertThatThrownBy(answers::scores)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("bridge-who");
  }

  @Test
  void scores_that_are_no_numbers_are_refused() {
    SquadDataset data = golden().first(1);
    var logits = new float[2 * 64];
    logits[5] = Float.NaN;

    assertThatThrownBy(() -> data.answers().add(new int[] {0}, 64, logits))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("bridge-who");
    assertThatThrownBy(() -> data.answers().add(new int[] {0}, 63, logits))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void an_answer_behind_characters_of_two_chars_is_found() {
    SquadDataset data =
        open(
            squad(
                "\uD83D\uDC1F\uD83D\uDC1F the wall",
                "Which?",
                "'answers': [{'text': 'wall', 'answer_start': 7}]"));

    Window window = data.window(0);
    int[] labels = window.sequence().labels();

    assertThat(window.text(data.questions().get(0).context(), labels[0], labels[1]))
        .isEqualTo("wall");
  }

  @Test
  void spaces_before_a_question_take_no_room() {
    String answers = "'answers': [{'text': 'wall', 'answer_start': 4}]";

    assertThat(open(squad(" \u00a0 Which?", answers)).window(0).sequence().ids())
        .isEqualTo(open(squad("Which?", answers)).window(0).sequence().ids());
  }

  @Test
  void a_model_without_segments_is_given_none() {
    var input = new TextInput(TextTask.QUESTION_ANSWERING, 420, 128, 1, 0, List.of());
    Path golden = Fixtures.directory(Fixtures.WORD_PIECE);

    SquadDataset data =
        TextDatasets.openQuestions(golden.resolve("squad.json").toUri(), input, golden, SHORT);

    assertThat(data.batch(new int[] {0, 1}).types()).containsOnly(0);
  }

  @Test
  void a_question_without_room_for_its_context_is_named() {
    String answers = "'answers': [{'text': 'wall', 'answer_start': 4}]";
    String context = "The wall " + "keeps the warmth ".repeat(60);
    Path file = squad(context, "wall ".repeat(40), answers);

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data[0].paragraphs[0].qas[0]")
        .hasMessageContaining("room for 21 tokens");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "'answers': [{'text': 'wall', 'answer_start': 40}] | answers[0]: 4 characters from 40 on, but the context has 14",
        "'answers': [{'text': 'wall', 'answer_start': 3}] | answers[0]: wanted 'wall' at character 3 of the context, found ' wal'",
        "'answers': [{'text': 'wall', 'answer_start': -1}] | answers[0].answer_start: wanted a number of characters from 0, found -1",
        "'answers': [{'text': 'wall'}] | answers[0].answer_start: wanted a number of characters from 0, found nothing",
        "'answers': [{'answer_start': 4}] | answers[0].text: wanted a text, found nothing",
        "'answers': [{'text': '', 'answer_start': 4}] | answers[0].text: wanted a text, found an empty one",
        "'answers': [7] | answers[0]: wanted an object, found number",
        "'answers': [] | qas[0]: has no answers; if the context gives none, is_impossible must be true",
        "'x': 1 | qas[0].answers: wanted a list with at least one element, found nothing",
        "'is_impossible': true, 'answers': [{'text': 'wall', 'answer_start': 4}] | has answers, but is_impossible",
        "'is_impossible': 'no', 'answers': [{'text': 'wall', 'answer_start': 4}] | is_impossible: wanted true or false, found string",
      })
  void malformed_answers_are_told_with_their_place(String answers, String problem) {
    Path file = squad("Which?", answers);

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("squad.json, data[0].paragraphs[0].qas[0]")
        .hasMessageContaining(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "{} | data: wanted a list with at least one element, found nothing",
        "{'data': []} | data: wanted a list with at least one element, found an empty one",
        "{'data': {}} | data: wanted a list with at least one element, found object",
        "{'data': [{}]} | data[0].paragraphs: wanted a list",
        "{'data': [{'paragraphs': [{'qas': []}]}]} | data[0].paragraphs[0].context: wanted a text, found nothing",
        "{'data': [ | is not valid JSON",
        "{'data': [], 'data': []} | is not valid JSON",
        "{'data': []} {} | is not valid JSON",
      })
  void malformed_files_are_told_with_the_place(String json, String problem) {
    Path file = Fixtures.write(directory, "squad.json", json.replace('\'', '"'));

    assertThatThrownBy(() -> open(file))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("squad.json")
        .hasMessageContaining(problem);
  }

  @Test
  void of_many_problems_the_first_are_told_and_the_others_counted() {
    var questions = new ArrayList<String>();
    IntStream.range(0, 30)
        .forEach(i -> questions.add("{'id': 'same', 'question': 'Which?', 'is_impossible': true}"));
    Path file =
        Fixtures.write(
            directory,
            "squad.json",
            "{'data': [{'paragraphs': [{'context': 'The wall', 'qas': %s}]}]}"
                .formatted(questions)
                .replace('\'', '"'));

    var refused = catchThrowableOfType(InvalidInputException.class, () -> open(file));

    assertThat(refused.problems()).hasSize(21);
    assertThat(refused.problems().get(0))
        .contains("qas[1].id: 'same' is that of data[0].paragraphs[0].qas[0] already");
    assertThat(refused.problems().get(20)).contains("and 9 more problems");
  }

  private static long windows(SquadDataset data, String id) {
    return IntStream.range(0, data.size())
        .filter(i -> data.questions().get(data.window(i).question()).id().equals(id))
        .count();
  }

  private static SquadDataset golden() {
    return open(Fixtures.directory(Fixtures.WORD_PIECE).resolve("squad.json"));
  }

  private static SquadDataset open(Path file) {
    Path tokenizer = Fixtures.directory(Fixtures.WORD_PIECE);
    return TextDatasets.openQuestions(file.toUri(), INPUT, tokenizer, SHORT);
  }

  private Path squad(String question, String answers) {
    return squad("The wall. Nice", question, answers);
  }

  private Path squad(String context, String question, String answers) {
    String json =
        "{'data': [{'paragraphs': [{'context': '%s', 'qas': [{'id': 'a', 'question': '%s', %s}]}]}]}"
            .formatted(context, question, answers);
    return Fixtures.write(directory, "squad.json", json.replace('\'', '"'));
  }
}
