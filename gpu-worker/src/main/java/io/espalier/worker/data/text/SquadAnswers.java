package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model's answers to questions, collected window by window.
 *
 * <p>A question's answer is the best span of all its windows. No answer scores what the window in
 * which it scores <em>least</em> gives it: every window without the answer may say that it has
 * none, but the one with it should not.
 *
 * <p>Source: {@code postprocess_qa_predictions} of Hugging Face's transformers. Unlike there, what
 * a model says of padding is not looked at, so that answers do not depend on the length that
 * windows were filled up to.
 */
public final class SquadAnswers {
  /** The best span so far. */
  private record Best(float score, String text) {}

  private final SquadDataset data;
  private final AnswerRule rule;
  private final @Nullable Best[] bests;
  private final float[] nulls;
  private final boolean[] added;

  SquadAnswers(SquadDataset data, AnswerRule rule) {
    this.data = data;
    this.rule = rule;
    this.bests = new Best[data.examples()];
    this.nulls = new float[data.examples()];
    Arrays.fill(nulls, Float.POSITIVE_INFINITY);
    this.added = new boolean[data.size()];
  }

  /**
   * Takes what a model says of a batch.
   *
   * @param indices positions of the windows, as the batch was asked for
   * @param length tokens of each window, padding included
   * @param logits (window, token, 2): scores of being the first and the last token of the answer
   * @throws InvalidInputException if a score is not a number
   */
  public void add(int[] indices, int length, float[] logits) {
    if (logits.length != 2 * length * indices.length) {
      throw new IllegalArgumentException(
          "%d windows of %d tokens need %d scores, not %d"
              .formatted(indices.length, length, 2 * length * indices.length, logits.length));
    }
    for (int row = 0; row < indices.length; row++) {
      Window window = data.window(indices[row]);
      var starts = new float[window.sequence().length()];
      var ends = new float[starts.length];
      for (int token = 0; token < starts.length; token++) {
        starts[token] = logits[2 * (row * length + token)];
        ends[token] = logits[2 * (row * length + token) + 1];
        requireNumbers(window, starts[token], ends[token]);
      }
      add(window, starts, ends);
      added[indices[row]] = true;
    }
  }

  private void requireNumbers(Window window, float start, float end) {
    if (Float.isNaN(start) || Float.isNaN(end)) {
      throw new InvalidInputException(
          "the model's scores for question '%s' are not numbers; are its weights damaged?"
              .formatted(data.questions().get(window.question()).id()));
    }
  }

  private void add(Window window, float[] starts, float[] ends) {
    int question = window.question();
    float none = starts[Window.NO_ANSWER] + ends[Window.NO_ANSWER];
    nulls[question] = Math.min(nulls[question], none);
    int[] bestEnds = best(ends);
    for (int start : best(starts)) {
      for (int end : bestEnds) {
        boolean span = start <= end && end < start + rule.maxTokens();
        if (span && window.inContext(start) && window.inContext(end)) {
          keep(window, start, end, starts[start] + ends[end]);
        }
      }
    }
  }

  private void keep(Window window, int start, int end, float score) {
    int question = window.question();
    Best best = bests[question];
    if (best == null || score > best.score()) {
      String context = data.questions().get(question).context();
      bests[question] = new Best(score, window.text(context, start, end));
    }
  }

  /** Positions of the highest scores, the highest first; of equal ones the first. */
  private int[] best(float[] scores) {
    var order = new Integer[scores.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, (a, b) -> Float.compare(scores[b], scores[a]));
    return Arrays.stream(order).limit(rule.best()).mapToInt(Integer::intValue).toArray();
  }

  /** The answer to each question by its id, in the order of the questions; empty for none. */
  public Map<String, String> texts() {
    requireAll();
    var texts = new LinkedHashMap<String, String>();
    for (int i = 0; i < bests.length; i++) {
      texts.put(data.questions().get(i).id(), text(bests[i], nulls[i]));
    }
    return texts;
  }

  private String text(@Nullable Best best, float none) {
    if (best == null || (rule.noneAllowed() && none - best.score() > rule.threshold())) {
      return "";
    }
    return best.text();
  }

  /** Returns how well the answers fit the right ones. */
  public SquadScores scores() {
    double exact = 0;
    double f1 = 0;
    for (Fit fit : fits()) {
      exact += fit.exact();
      f1 += fit.f1();
    }
    int count = data.examples();
    return new SquadScores(100 * exact / count, 100 * f1 / count, count);
  }

  /**
   * Fit of an answer to the right one that it fits best.
   *
   * @param exact 1 if it is exactly right after normalisation, else 0
   * @param f1 overlap of words, from 0 to 1
   */
  public record Fit(double exact, double f1) {}

  /** Returns how well each answer fits, in the order of the questions. */
  public List<Fit> fits() {
    Map<String, String> texts = texts();
    return data.questions().stream()
        .map(question -> fit(question, texts.getOrDefault(question.id(), "")))
        .toList();
  }

  private static Fit fit(Question question, String answer) {
    List<String> right = AnswerText.countable(question.answerTexts());
    return new Fit(
        right.stream().mapToInt(one -> AnswerText.exact(one, answer)).max().orElse(0),
        right.stream().mapToDouble(one -> AnswerText.f1(one, answer)).max().orElse(0));
  }

  private void requireAll() {
    for (int i = 0; i < added.length; i++) {
      if (!added[i]) {
        throw new IllegalStateException(
            "window %d of %d was not added, so question '%s' is not answered"
                .formatted(i, added.length, data.questions().get(data.window(i).question()).id()));
      }
    }
  }
}
