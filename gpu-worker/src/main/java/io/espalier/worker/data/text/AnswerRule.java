package io.espalier.worker.data.text;

/**
 * Choice of an answer from scores of its first and last token.
 *
 * @param best starts, and ends, that are looked at in each window: those with the highest scores
 * @param maxTokens longest answer
 * @param noneAllowed whether there may be no answer, as in SQuAD 2.0
 * @param threshold how much better no answer must score than the best one
 */
public record AnswerRule(int best, int maxTokens, boolean noneAllowed, float threshold) {
  /** A rule. */
  public AnswerRule {
    if (best < 1 || maxTokens < 1 || Float.isNaN(threshold)) {
      throw new IllegalArgumentException(
          "%d best tokens, answers of %d tokens, threshold %s"
              .formatted(best, maxTokens, threshold));
    }
  }

  /** The 20 best, answers of up to 30 tokens: what is usual for SQuAD. */
  public static AnswerRule usual(boolean noneAllowed) {
    return new AnswerRule(20, 30, noneAllowed, 0);
  }
}
