package io.espalier.schemas.setting;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A key that a policy may say of a stage.
 *
 * @param name the key
 * @param values the values that it takes
 * @param usual the value where nothing is said, if that is always the same
 * @param words what is told of it
 * @param <T> type of its values
 */
public record Setting<T>(String name, Values<T> values, Optional<T> usual, Words words) {
  /**
   * Description of a key for people.
   *
   * @param sentence what it is, in a sentence; also part of error messages
   * @param more what documents say besides; empty if nothing
   * @param usual what documents call the value where nothing is said; empty to show the value
   * @param label what reports call it; empty if they do not tell it
   * @param recorded whether results depend on it, so that what they are made by tells it
   */
  record Words(String sentence, String more, String usual, String label, boolean recorded) {
    static final Words NONE = new Words("", "", "", "", true);
  }

  /** A whole number within bounds, both included. */
  public static Setting<Integer> whole(String name, int least, int most) {
    return of(name, new Values.Whole(least, most));
  }

  /** One of several whole numbers. */
  public static Setting<Integer> listed(String name, Integer... numbers) {
    return of(name, new Values.Listed(List.of(numbers)));
  }

  /** A fraction from 0 to under 1. */
  public static Setting<Double> part(String name) {
    return of(name, Values.Real.PART);
  }

  /** A number above 0 and at most so much. */
  public static Setting<Double> positive(String name, long most) {
    return of(name, new Values.Real(0, most, false));
  }

  /** True or false; false where nothing is said. */
  public static Setting<Boolean> flag(String name) {
    return of(name, new Values.Flag()).usually(false);
  }

  /** One of several words. */
  public static Setting<String> word(String name, String... words) {
    return of(name, new Values.Word(List.of(words)));
  }

  /** A text that is not empty. */
  public static Setting<String> text(String name) {
    return of(name, new Values.Text());
  }

  /** An upper bound: a number, or a percentage of the model that goes in. */
  public static Setting<String> bound(String name) {
    return of(name, new Values.Bound("bound"));
  }

  /** An upper bound of a time: milliseconds, a time, or a percentage of the model that goes in. */
  public static Setting<String> latency(String name) {
    return of(name, new Values.Bound("latencyBound"));
  }

  /** A group of keys of which at least one is said. */
  public static Setting<Settings> group(String name, SettingTable table) {
    return of(name, new Values.Group(table, 1));
  }

  /**
   * A list of at least one group of keys.
   *
   * @param each what each group says, in words
   */
  public static Setting<List<Settings>> groups(String name, Values.Group group, String each) {
    return of(name, new Values.Many<>(group, false, each));
  }

  /**
   * A list of different texts, none of them empty.
   *
   * @param each what each is, in words
   */
  public static Setting<List<String>> texts(String name, String each) {
    return of(name, new Values.Many<>(new Values.Text(), true, each));
  }

  /** A list of different fractions above 0 and at most 1. */
  public static Setting<List<Double>> fractions(String name) {
    return of(
        name, new Values.Many<>(Values.Real.FRACTION, true, "a fraction above 0 and at most 1"));
  }

  private static <T> Setting<T> of(String name, Values<T> values) {
    return new Setting<>(name, values, Optional.empty(), Words.NONE);
  }

  /** The same with a value for where nothing is said. */
  public Setting<T> usually(T value) {
    return new Setting<>(name, values, Optional.of(value), words);
  }

  /** The same, where documents say in words what holds where nothing is said. */
  public Setting<T> otherwise(String usual) {
    return with(new Words(sentence(), more(), usual, label(), recorded()));
  }

  /** The same with a sentence that says what it is. */
  public Setting<T> means(String sentence) {
    return with(new Words(sentence, more(), words.usual(), label(), recorded()));
  }

  /** The same with what documents say besides. */
  public Setting<T> more(String more) {
    return with(new Words(sentence(), more, words.usual(), label(), recorded()));
  }

  /** The same, of which reports tell by a name in a few words. */
  public Setting<T> told(String label) {
    return with(new Words(sentence(), more(), words.usual(), label, recorded()));
  }

  /** The same, of which results do not depend: it bounds memory or the like. */
  public Setting<T> unrecorded() {
    return with(new Words(sentence(), more(), words.usual(), label(), false));
  }

  private Setting<T> with(Words others) {
    return new Setting<>(name, values, usual, others);
  }

  /** Returns what it is, in a sentence. */
  public String sentence() {
    return words.sentence();
  }

  /** Returns what documents say of it besides; empty if nothing. */
  public String more() {
    return words.more();
  }

  /** Returns what reports call it; empty if they do not tell it. */
  public String label() {
    return words.label();
  }

  /** Returns whether results depend on it. */
  public boolean recorded() {
    return words.recorded();
  }

  /** Returns what holds where nothing is said, in words; empty if nothing does. */
  public String usualInWords() {
    return words.usual().isEmpty() ? usual.map(values::text).orElse("") : words.usual();
  }

  /**
   * Returns what is wrong with a value, in the words {@code wanted ..., found ...}; empty if
   * nothing.
   */
  Optional<String> problem(JsonNode value) {
    return values.takes(value)
        ? Optional.empty()
        : Optional.of("wanted %s, found %s".formatted(values.wanted(), Found.of(value)));
  }
}
