package io.espalier.worker.data.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.Quoted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Makes a data set of prompts with their answers, a JSON object with {@code prompt} and {@code
 * completion} in each line: each is a sequence of its own, of which only the answer's tokens are
 * asked, and the token that ends a document behind it.
 *
 * <p>Prompt and answer are tokenised as one text, as they stand; a token that has characters of
 * both is the answer's. A sequence that is too long loses the end of its answer; a prompt that
 * leaves no room for an answer is refused.
 *
 * <p>Source: the format of Hugging Face's TRL ({@code SFTTrainer}, {@code completion_only_loss}).
 */
final class AnsweredPrompts {
  private static final String PROMPT = "prompt";
  private static final String COMPLETION = "completion";
  private static final int NOT_ASKED = (int) TokenBatch.IGNORED;

  private final Tokenizer tokenizer;
  private final int length;
  private final RowProblems problems;
  private final List<Sequence> sequences = new ArrayList<>();
  private int cut;

  private AnsweredPrompts(Path file, Tokenizer tokenizer, int length) {
    this.tokenizer = tokenizer;
    this.length = length;
    this.problems = new RowProblems(file);
  }

  /** Tells whether a file has prompts and answers rather than texts; its first line decides. */
  static boolean in(Path file) {
    if (Format.of(file).orElseThrow() != Format.JSON_LINES) {
      return false;
    }
    Optional<String> first =
        TextFiles.read(file).lines().filter(line -> !line.isBlank()).findFirst();
    try {
      JsonNode row = TextRows.JSON.readTree(first.orElse("{}"));
      return row.has(PROMPT) || row.has(COMPLETION);
    } catch (JsonProcessingException e) {
      return false; // told by whoever reads texts
    }
  }

  /**
   * Prompts with their answers.
   *
   * @param length tokens of the longest sequence
   * @throws io.espalier.worker.domain.InvalidInputException naming the first problems, each with
   *     its line
   */
  static TextDataset open(Path file, Tokenizer tokenizer, TextInput input, int length) {
    var prompts = new AnsweredPrompts(file, tokenizer, length);
    List<String> lines = TextFiles.read(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (!lines.get(i).isBlank()) {
        prompts.add("line " + (i + 1), lines.get(i));
      }
    }
    prompts.problems.throwIfAny();
    return new SequenceDataset(
        prompts.sequences, Labelling.TOKEN, input.padding(), prompts.warnings());
  }

  private List<String> warnings() {
    return cut == 0
        ? List.of()
        : problems.named(
            List.of(
                "%d of %d answers lose their end, since sequences have %d tokens; ask for a longer maxLength to have them whole"
                    .formatted(cut, sequences.size(), length)));
  }

  private void add(String where, String json) {
    try {
      JsonNode row = TextRows.JSON.readTree(json);
      if (!row.path(PROMPT).isTextual() || !row.path(COMPLETION).isTextual()) {
        problems.add(
            where,
            "wanted texts under \"%s\" and \"%s\", as the first line has, found %s"
                .formatted(PROMPT, COMPLETION, Quoted.of(json)));
      } else if (row.path(COMPLETION).textValue().isEmpty()) {
        problems.add(where, "its completion is empty, so nothing is asked");
      } else {
        add(where, row.path(PROMPT).textValue(), row.path(COMPLETION).textValue());
      }
    } catch (JsonProcessingException e) {
      problems.add(where, "is not valid JSON: " + e.getOriginalMessage());
    }
  }

  private void add(String where, String prompt, String completion) {
    Encoded whole = tokenizer.encode(prompt + completion);
    int answer =
        IntStream.range(0, whole.length())
            .filter(i -> whole.sources()[i] != Encoded.ADDED && whole.ends()[i] > prompt.length())
            .findFirst()
            .orElse(whole.length());
    int[] ids = ended(whole.ids());
    if (answer >= length) {
      problems.add(
          where,
          "its prompt has %d tokens, but sequences have %d, which leaves no room for an answer; ask for a longer maxLength, or shorten the prompt"
              .formatted(answer, length));
      return;
    }
    int left = Math.min(ids.length, length);
    if (left <= Math.max(answer, 1)) {
      problems.add(
          where,
          "nothing is asked: a token is asked of those before it, and there are none; give a"
              + " prompt");
      return;
    }
    cut += left < ids.length ? 1 : 0;
    int[] kept = Arrays.copyOf(ids, left);
    int[] labels = kept.clone();
    Arrays.fill(labels, 0, answer, NOT_ASKED);
    sequences.add(new Sequence(kept, new byte[left], labels));
  }

  /** Tokens with the one that ends a document, unless the tokenizer has put it there itself. */
  private int[] ended(int[] ids) {
    OptionalInt end = tokenizer.end();
    if (end.isEmpty() || (ids.length > 0 && ids[ids.length - 1] == end.getAsInt())) {
      return ids;
    }
    int[] ended = Arrays.copyOf(ids, ids.length + 1);
    ended[ids.length] = end.getAsInt();
    return ended;
  }
}
