package io.espalier.worker.zoo;

import java.util.List;

/**
 * Draws running text of which it is known how well it can be foretold.
 *
 * <p>A tale tells who met whom, who gave whom what, and what became of it. Names and things come
 * back, and then nothing is left to guess if one has read what came before. Every other word is
 * drawn, each as likely as another; so the mean of {@code -ln p} over the words of a text, which no
 * model can get below on average, is the sum of the logarithms of the numbers of choices, divided
 * by the number of words.
 */
final class Tales {
  /**
   * A tale.
   *
   * @param text one line
   * @param tokens words and punctuation marks
   * @param nats what the choices told
   */
  record Tale(String text, int tokens, double nats) {}

  private Tales() {}

  /** The tale that a seed decides. */
  static Tale of(long seed) {
    var draws = new Draws(seed);
    List<String> names = draws.some(2, Lexicon.NAMES);
    String giver = names.get(0);
    String taker = names.get(1);
    String thing = "the %s %s".formatted(draws.one(Lexicon.COLOURS), draws.one(Lexicon.THINGS));
    String text =
        "%s met %s . %s gave %s %s . %s %s %s %s . %s was %s ."
            .formatted(
                giver,
                taker,
                giver,
                taker,
                thing,
                taker,
                draws.one(Lexicon.VERBS).past(),
                thing,
                draws.one(Lexicon.PLACES),
                giver,
                draws.one(Lexicon.MOODS));
    return new Tale(text.replace(" .", "."), text.split(" ").length, draws.nats());
  }
}
