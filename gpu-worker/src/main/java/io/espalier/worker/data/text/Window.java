package io.espalier.worker.data.text;

import io.espalier.worker.data.TextInput;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A question with as much of its context as fits.
 *
 * @param question its position in the data set
 * @param first position of the first token of the context
 * @param begins where each token of the context begins, in {@code char}s of it
 * @param ends where each token of the context ends
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; there are millions of tokens
record Window(int question, Sequence sequence, int first, int[] begins, int[] ends) {
  /** The token that stands for no answer. */
  static final int NO_ANSWER = 0;

  private static final int CONTEXT = 1;

  /** All windows of a question; none, and a problem, if it leaves no room for its context. */
  static List<Window> of(
      Question question,
      int index,
      Tokenizer tokenizer,
      TextInput input,
      TextSettings settings,
      RowProblems problems) {
    // Some questions of SQuAD 2.0 begin with so many spaces that nothing else would fit.
    Encoded pair = tokenizer.encode(Characters.stripLeading(question.text()), question.context());
    int longest = settings.length(input);
    int stride = settings.overlap(input);
    int room = Truncation.room(pair, longest);
    if (pair.length() > longest && room <= stride) {
      problems.add(
          question.where(),
          "the question leaves room for %d tokens of context in windows of %d, which are to share %d;"
                  .formatted(Math.max(0, room), longest, stride)
              + " ask for longer windows or for fewer shared tokens");
      return List.of();
    }
    return Truncation.windows(pair, longest, stride).stream()
        .map(window -> of(question, index, window, input))
        .toList();
  }

  private static Window of(Question question, int index, Encoded window, TextInput input) {
    int[] context =
        IntStream.range(0, window.length()).filter(i -> window.sources()[i] == CONTEXT).toArray();
    int[] begins = Arrays.stream(context).map(i -> window.begins()[i]).toArray();
    int[] ends = Arrays.stream(context).map(i -> window.ends()[i]).toArray();
    int first = context.length == 0 ? window.length() : context[0];
    int[] span = span(question, first, begins, ends);
    return new Window(index, Sequence.of(window, input, span), first, begins, ends);
  }

  private static int[] span(Question question, int first, int[] begins, int[] ends) {
    int[] none = {NO_ANSWER, NO_ANSWER};
    if (question.answers().isEmpty() || begins.length == 0) {
      return none;
    }
    Question.Answer answer = question.answers().get(0);
    if (begins[0] > answer.begin() || ends[ends.length - 1] < answer.end()) {
      return none;
    }
    int last = 0;
    while (ends[last] < answer.end()) {
      last++;
    }
    int start = begins.length - 1;
    while (begins[start] > answer.begin()) {
      start--;
    }
    return new int[] {first + start, first + last};
  }

  /** The same window of a question at another position. */
  Window of(int position) {
    return new Window(position, sequence, first, begins, ends);
  }

  /** Returns whether a token is one of the context. */
  boolean inContext(int token) {
    return first <= token && token < first + begins.length;
  }

  /** Returns what two tokens of the context and all between them stand for. */
  String text(String context, int from, int to) {
    return context.substring(begins[from - first], ends[to - first]);
  }
}
