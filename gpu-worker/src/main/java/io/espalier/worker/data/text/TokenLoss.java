package io.espalier.worker.data.text;

/** Mean loss of guessing tokens, collected batch by batch. */
public final class TokenLoss {
  private double sum;
  private long tokens;

  /**
   * Takes a batch.
   *
   * @param meanLoss mean over the tokens that are asked, in nats
   * @param asked number of them, as {@link io.espalier.worker.data.TokenBatch#asked} counts them;
   *     of 0, whose mean is no number, nothing is taken
   */
  public void add(double meanLoss, int asked) {
    if (asked > 0) {
      sum += meanLoss * asked;
      tokens += asked;
    }
  }

  /** Number of tokens that were asked. */
  public long tokens() {
    return tokens;
  }

  /** Mean over all tokens that were asked, in nats; not a number if there are none. */
  public double mean() {
    return sum / tokens;
  }

  /** Number of equally likely tokens among which a choice would be as hard. */
  public double perplexity() {
    return Math.exp(mean());
  }
}
