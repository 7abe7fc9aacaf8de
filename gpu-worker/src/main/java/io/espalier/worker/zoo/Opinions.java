package io.espalier.worker.zoo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Draws what people say of a meal, to be told apart as {@code negative} or {@code positive}.
 *
 * <p>One or two clauses, of which the last one counts; a "not" turns it round.
 */
final class Opinions {
  private Opinions() {}

  /** The opinion at a position, with its label. */
  static ObjectNode of(long seed) {
    var draws = new Draws(seed);
    boolean positive = draws.one(List.of(false, true));
    List<String> dishes = draws.some(2, Lexicon.DISHES);
    String last = clause(dishes.get(1), positive, draws);
    String text =
        draws.one(List.of(false, true))
            ? "%s but %s".formatted(clause(dishes.get(0), !positive, draws), last)
            : last;
    return JsonNodeFactory.instance
        .objectNode()
        .put("text", "T" + text.substring(1) + ".")
        .put("label", positive ? "positive" : "negative");
  }

  private static String clause(String dish, boolean positive, Draws draws) {
    boolean turned = draws.one(List.of(false, true));
    String word = draws.one(positive != turned ? Lexicon.GOOD : Lexicon.BAD);
    return "the %s was %s%s".formatted(dish, turned ? "not " : "", word);
  }
}
