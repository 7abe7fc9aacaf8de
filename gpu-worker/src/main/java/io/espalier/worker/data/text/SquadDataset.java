package io.espalier.worker.data.text;

import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.Shuffle;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.data.TokenBatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Questions on texts, each as one window or, where the text is long, as several that overlap. An
 * example is a question; windows of a question follow each other.
 *
 * <p>A window's labels are the first and the last token of the question's first answer, or the
 * first token of the window, twice, if there is no answer or the window does not hold all of it.
 *
 * <p>Source: {@code run_qa.py} of Hugging Face's transformers, whose windows these are.
 */
public final class SquadDataset implements TextDataset {
  private final List<Question> questions;
  private final List<Window> windows;
  private final long padding;

  /** Returns whether no answer is right for some question of the whole file. */
  private final boolean answerless;

  private SquadDataset(
      List<Question> questions, List<Window> windows, long padding, boolean answerless) {
    this.questions = List.copyOf(questions);
    this.windows = List.copyOf(windows);
    this.padding = padding;
    this.answerless = answerless;
  }

  static SquadDataset open(Path file, Tokenizer tokenizer, TextInput input, TextSettings settings) {
    List<Question> questions = SquadFile.read(file);
    var windows = new ArrayList<Window>();
    var problems = new RowProblems(file);
    for (int i = 0; i < questions.size(); i++) {
      windows.addAll(Window.of(questions.get(i), i, tokenizer, input, settings, problems));
    }
    problems.throwIfAny();
    boolean answerless = questions.stream().anyMatch(one -> one.answers().isEmpty());
    return new SquadDataset(questions, windows, input.padding(), answerless);
  }

  /**
   * Returns what a model answers, to be filled window by window; one without answers is allowed or
   * not.
   */
  public SquadAnswers answers(AnswerRule rule) {
    return new SquadAnswers(this, rule);
  }

  /**
   * As {@link #answers(AnswerRule)}; no answer is allowed if it is right for some question of the
   * file, also in a selection that has none of them.
   */
  public SquadAnswers answers() {
    return answers(AnswerRule.usual(answerless));
  }

  List<Question> questions() {
    return questions;
  }

  Window window(int index) {
    return windows.get(index);
  }

  @Override
  public int size() {
    return windows.size();
  }

  @Override
  public int examples() {
    return questions.size();
  }

  @Override
  public boolean labelled() {
    return true;
  }

  @Override
  public int length() {
    return windows.stream().mapToInt(window -> window.sequence().length()).max().orElse(0);
  }

  @Override
  public TokenBatch batch(int[] indices) {
    return Labelling.SPAN.batch(
        Arrays.stream(indices).mapToObj(index -> windows.get(index).sequence()).toList(), padding);
  }

  @Override
  public String fingerprint() {
    var fingerprint = new Fingerprint().add("questions");
    windows.forEach(window -> window.sequence().addTo(fingerprint));
    for (Question question : questions) {
      fingerprint.add(question.id()).add(question.context());
      question.answerTexts().forEach(fingerprint::add);
    }
    return fingerprint.hex();
  }

  @Override
  public SquadDataset first(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("the first %d questions of a data set".formatted(n));
    }
    return n >= examples() ? this : selected(IntStream.range(0, n).toArray());
  }

  @Override
  public SquadDataset drawn(int n, long seed) {
    return selected(Shuffle.beginning(examples(), n, seed));
  }

  @Override
  public SquadDataset withoutDrawn(int n, long seed) {
    return selected(Shuffle.rest(examples(), n, seed));
  }

  private SquadDataset selected(int[] chosen) {
    var firsts = new int[questions.size() + 1];
    for (Window window : windows) {
      firsts[window.question() + 1]++;
    }
    Arrays.parallelPrefix(firsts, Integer::sum);
    var chosenWindows = new ArrayList<Window>();
    for (int i = 0; i < chosen.length; i++) {
      for (int w = firsts[chosen[i]]; w < firsts[chosen[i] + 1]; w++) {
        chosenWindows.add(windows.get(w).of(i));
      }
    }
    return new SquadDataset(
        Arrays.stream(chosen).mapToObj(questions::get).toList(),
        chosenWindows,
        padding,
        answerless);
  }
}
