package io.espalier.worker.data.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Likeness of two answers.
 *
 * <p>Source: SQuAD's evaluation script, version 2.0, in the form of {@code
 * transformers.data.metrics.squad_metrics}. Python's notions of a word and of white space are kept,
 * which are not Java's.
 */
final class AnswerText {
  /** Python's {@code string.punctuation}: ASCII only, so that a curly quotation mark stays. */
  private static final Pattern PUNCTUATION = Pattern.compile("[!-/:-@\\[-`{-~]");

  private static final Pattern ARTICLE =
      Pattern.compile("(?<![\\p{L}\\p{N}_])(a|an|the)(?![\\p{L}\\p{N}_])");

  private AnswerText() {}

  /** Lower case, without punctuation and articles, words parted by single spaces. */
  static String normalize(String answer) {
    String lower = answer.toLowerCase(Locale.ROOT);
    String bare = PUNCTUATION.matcher(lower).replaceAll("");
    return String.join(" ", words(ARTICLE.matcher(bare).replaceAll(" ")));
  }

  /** The right answers that count: those of which something remains, or the empty one. */
  static List<String> countable(List<String> right) {
    List<String> countable = right.stream().filter(one -> !normalize(one).isEmpty()).toList();
    return countable.isEmpty() ? List.of("") : countable;
  }

  /** 1 if the answers are the same when normalised, else 0. */
  static int exact(String right, String answer) {
    return normalize(right).equals(normalize(answer)) ? 1 : 0;
  }

  /** Harmonic mean of the shares of words in common; of an empty answer, whether both are empty. */
  static double f1(String right, String answer) {
    List<String> wanted = words(normalize(right));
    List<String> found = words(normalize(answer));
    if (wanted.isEmpty() || found.isEmpty()) {
      return wanted.equals(found) ? 1 : 0;
    }
    var left = new ArrayList<String>(wanted);
    int common = (int) found.stream().filter(left::remove).count();
    if (common == 0) {
      return 0;
    }
    double precision = (double) common / found.size();
    double recall = (double) common / wanted.size();
    return 2 * precision * recall / (precision + recall);
  }

  private static List<String> words(String text) {
    return Characters.SPACE.splitAsStream(text).filter(word -> !word.isEmpty()).toList();
  }
}
