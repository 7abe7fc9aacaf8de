package io.espalier.worker.zoo;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;

/** The words that drawn texts are made of; each is one token of the tokenizers of this zoo. */
final class Lexicon {
  /**
   * A verb.
   *
   * @param past what somebody did
   * @param base what somebody did do
   */
  record Verb(String past, String base) {}

  static final List<String> NAMES =
      List.of(
          "Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Greta", "Hugo", "Ines", "Jonas", "Kira",
          "Leo", "Mira", "Nils", "Olga", "Paul", "Rosa", "Sven", "Tilda", "Vera");

  static final List<Verb> VERBS =
      List.of(
          new Verb("hid", "hide"),
          new Verb("left", "leave"),
          new Verb("found", "find"),
          new Verb("lost", "lose"),
          new Verb("kept", "keep"),
          new Verb("saw", "see"));

  static final List<String> COLOURS =
      List.of("red", "blue", "green", "white", "black", "yellow", "brown", "grey");

  static final List<String> THINGS =
      List.of(
          "lantern", "key", "map", "violin", "coin", "letter", "basket", "clock", "compass", "drum",
          "feather", "kettle", "ladder", "mirror", "needle", "ring");

  static final List<String> PLACES =
      List.of(
          "in the attic",
          "in the old mill",
          "near the lake",
          "near the stone bridge",
          "behind the barn",
          "behind the tall fence",
          "under the stairs",
          "under the oak tree");

  static final List<String> NUMBERS =
      List.of("two", "three", "four", "five", "six", "seven", "eight", "nine");

  static final List<String> MONTHS =
      List.of("March", "April", "May", "June", "July", "August", "October", "November");

  static final List<String> MOODS = List.of("happy", "sad", "proud", "tired", "late", "early");

  static final List<String> DISHES =
      List.of("soup", "bread", "fish", "cake", "tea", "rice", "pie", "salad");

  static final List<String> GOOD = List.of("fresh", "good", "tasty", "great", "lovely");
  static final List<String> BAD = List.of("stale", "bad", "bland", "awful", "sour");

  private static final String FUNCTION_WORDS =
      "and but came cats colour come did does eat eats feel feels gave how in is keep keeps like likes"
          + " live lives many meet met most not of own owns the then thanked to was went what when"
          + " where which who whom , . ?";

  private Lexicon() {}

  /** All words, in lower case, each once. */
  static List<String> words() {
    var words = new LinkedHashSet<String>(List.of(FUNCTION_WORDS.split(" ")));
    VERBS.forEach(verb -> words.addAll(List.of(verb.past(), verb.base())));
    PLACES.forEach(place -> words.addAll(List.of(place.split(" "))));
    for (var list : List.of(NAMES, COLOURS, THINGS, NUMBERS, MONTHS, MOODS, DISHES, GOOD, BAD)) {
      list.forEach(word -> words.add(word.toLowerCase(Locale.ROOT)));
    }
    return new ArrayList<>(words);
  }
}
