package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.model.TextTask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Windows, answers and scores against those of Hugging Face's library. */
class SquadGoldenTest {
  private static final int LENGTH = 64;
  private static final Path DIRECTORY = Fixtures.directory(Fixtures.WORD_PIECE);
  private static final JsonNode EXPECTED = Fixtures.expected(Fixtures.WORD_PIECE);

  private final SquadDataset data = open();
  private final byte[] tensors = read();

  @Test
  void windows_and_labels_are_those_of_the_library() {
    long[] ids = longs("input_ids");
    long[] mask = longs("attention_mask");
    long[] types = longs("token_type_ids");

    assertThat(data.size()).isEqualTo(EXPECTED.path("windows").size());
    for (int i = 0; i < data.size(); i++) {
      TokenBatch batch = data.batch(new int[] {i});
      int from = i * LENGTH;
      int to = from + batch.length();
      assertThat(batch.ids()).isEqualTo(Arrays.copyOfRange(ids, from, to));
      assertThat(batch.mask()).isEqualTo(Arrays.copyOfRange(mask, from, to));
      assertThat(batch.types()).isEqualTo(Arrays.copyOfRange(types, from, to));
      assertThat(Arrays.stream(mask, to, from + LENGTH)).allMatch(one -> one == 0);
      assertThat(batch.labels())
          .containsExactly(longs("start_positions")[i], longs("end_positions")[i]);
    }
  }

  @Test
  void a_batch_is_filled_up_with_padding() {
    int[] all = IntStream.range(0, data.size()).toArray();

    TokenBatch batch = data.batch(all);

    assertThat(batch.length()).isEqualTo(LENGTH).isEqualTo(data.length());
    assertThat(batch.ids()).isEqualTo(longs("input_ids"));
    assertThat(batch.mask()).isEqualTo(longs("attention_mask"));
    assertThat(batch.types()).isEqualTo(longs("token_type_ids"));
  }

  @Test
  void windows_belong_to_their_questions_and_know_where_tokens_are_in_the_context() {
    long[] examples = longs("example_of_window");
    for (int i = 0; i < data.size(); i++) {
      Window window = data.window(i);
      assertThat(window.question()).isEqualTo((int) examples[i]);
      Characters characters = new Characters(data.questions().get(window.question()).context());
      JsonNode offsets = EXPECTED.path("windows").get(i).path("context_offsets");
      for (int token = 0; token < LENGTH; token++) {
        assertThat(window.inContext(token)).isEqualTo(!offsets.get(token).isNull());
        if (window.inContext(token)) {
          int[] expected = Fixtures.ints(offsets.get(token));
          assertThat(window.begins()[token - window.first()])
              .isEqualTo(characters.index(expected[0]));
          assertThat(window.ends()[token - window.first()])
              .isEqualTo(characters.index(expected[1]));
        }
      }
    }
  }

  @Test
  void answers_and_scores_with_none_allowed_are_those_of_the_library() {
    SquadAnswers answers = filled(data.answers());

    assertThat(answers.texts()).isEqualTo(texts("predictions_with_null"));
    assertScores(answers.scores(), "metrics_with_null");
  }

  @Test
  void answers_and_scores_with_none_forbidden_are_those_of_the_library() {
    SquadAnswers answers = filled(data.answers(AnswerRule.usual(false)));

    assertThat(answers.texts()).isEqualTo(texts("predictions_without_null"));
    assertScores(answers.scores(), "metrics_without_null");
  }

  @Test
  void each_question_alone_scores_as_it_does_for_the_library() {
    for (Question question : data.questions()) {
      List<String> right = AnswerText.countable(question.answerTexts());
      String answer = EXPECTED.path("predictions_with_null").path(question.id()).textValue();
      JsonNode expected = EXPECTED.path("metrics_with_null").path(question.id());

      assertThat(right.stream().mapToInt(one -> AnswerText.exact(one, answer)).max())
          .hasValue(expected.path("exact").intValue());
      assertThat(right.stream().mapToDouble(one -> AnswerText.f1(one, answer)).max())
          .hasValue(expected.path("f1").doubleValue());
    }
  }

  @Test
  void answers_do_not_depend_on_how_windows_are_batched() {
    SquadAnswers answers = data.answers();
    float[] starts = floats("start_logits");
    float[] ends = floats("end_logits");
    for (int i = data.size() - 1; i >= 0; i--) {
      int length = data.batch(new int[] {i}).length();
      answers.add(
          new int[] {i},
          length,
          logits(
              Arrays.copyOfRange(starts, i * LENGTH, i * LENGTH + length),
              Arrays.copyOfRange(ends, i * LENGTH, i * LENGTH + length)));
    }

    assertThat(answers.texts()).isEqualTo(texts("predictions_with_null"));
  }

  private SquadAnswers filled(SquadAnswers answers) {
    answers.add(
        IntStream.range(0, data.size()).toArray(),
        LENGTH,
        logits(floats("start_logits"), floats("end_logits")));
    return answers;
  }

  private static float[] logits(float[] starts, float[] ends) {
    var logits = new float[2 * starts.length];
    for (int i = 0; i < starts.length; i++) {
      logits[2 * i] = starts[i];
      logits[2 * i + 1] = ends[i];
    }
    return logits;
  }

  private static void assertScores(SquadScores found, String key) {
    JsonNode total = EXPECTED.path(key).path("total");
    assertThat(found.exact()).isEqualTo(total.path("exact").doubleValue(), within(1e-12));
    assertThat(found.f1()).isEqualTo(total.path("f1").doubleValue(), within(1e-12));
    assertThat(found.questions()).isEqualTo(6);
  }

  private static Map<?, ?> texts(String key) {
    return new ObjectMapper().convertValue(EXPECTED.path(key), Map.class);
  }

  private static SquadDataset open() {
    var input = new TextInput(TextTask.QUESTION_ANSWERING, 420, LENGTH, 2, 0, List.of());
    var settings = TextSettings.USUAL.withMaxLength(LENGTH).withStride(24);
    URI uri = DIRECTORY.resolve("squad.json").toUri();
    return TextDatasets.openQuestions(uri, input, DIRECTORY, settings);
  }

  private static byte[] read() {
    try {
      return Files.readAllBytes(DIRECTORY.resolve("scores.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ByteBuffer tensor(String name) {
    try {
      ByteBuffer file = ByteBuffer.wrap(tensors).order(ByteOrder.LITTLE_ENDIAN);
      int header = (int) file.getLong(0);
      String json = new String(tensors, 8, header, StandardCharsets.UTF_8);
      int[] range =
          Fixtures.ints(new ObjectMapper().readTree(json).path(name).path("data_offsets"));
      return file.slice(8 + header + range[0], range[1] - range[0]).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long[] longs(String name) {
    var values = tensor(name).asLongBuffer();
    var longs = new long[values.remaining()];
    values.get(longs);
    return longs;
  }

  private float[] floats(String name) {
    var values = tensor(name).asFloatBuffer();
    var floats = new float[values.remaining()];
    values.get(floats);
    return floats;
  }
}
