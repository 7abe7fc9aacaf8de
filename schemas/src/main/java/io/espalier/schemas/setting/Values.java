package io.espalier.schemas.setting;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The values that a key takes.
 *
 * @param <T> their type
 */
public sealed interface Values<T> {
  /** Returns whether a value is one of them; inside of groups is not looked. */
  boolean takes(JsonNode value);

  /** The value in JSON that is one of them. */
  T read(JsonNode value);

  /** Returns what they are, in words that follow "wanted". */
  String wanted();

  /** Adds to a JSON schema what holds for them. */
  void describe(ObjectNode schema);

  /** These and others of the same type, as two tables have them for one key. */
  Values<T> or(Values<?> others);

  /** Returns whether they are groups of keys, or lists of groups. */
  default boolean grouped() {
    return false;
  }

  /** A value as reports and documents show it. */
  default String text(T value) {
    return value.toString();
  }

  /**
   * Whole numbers.
   *
   * @param least the smallest
   * @param most the largest
   */
  record Whole(int least, int most) implements Values<Integer> {
    @Override
    public boolean takes(JsonNode value) {
      return value.isIntegralNumber()
          && value.canConvertToInt()
          && value.intValue() >= least
          && value.intValue() <= most;
    }

    @Override
    public Integer read(JsonNode value) {
      return value.intValue();
    }

    @Override
    public String wanted() {
      return "a whole number from %d to %d".formatted(least, most);
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "integer").put("minimum", least).put("maximum", most);
    }

    @Override
    public Whole or(Values<?> others) {
      Whole other = (Whole) others;
      return new Whole(Math.min(least, other.least), Math.max(most, other.most));
    }
  }

  /**
   * Whole numbers out of a list.
   *
   * @param numbers all of them
   */
  record Listed(List<Integer> numbers) implements Values<Integer> {
    /** Numbers; the list is copied. */
    public Listed {
      numbers = List.copyOf(numbers);
    }

    @Override
    public boolean takes(JsonNode value) {
      return value.isIntegralNumber()
          && value.canConvertToInt()
          && numbers.contains(value.intValue());
    }

    @Override
    public Integer read(JsonNode value) {
      return value.intValue();
    }

    @Override
    public String wanted() {
      return "one of " + numbers;
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "integer");
      numbers.forEach(schema.putArray("enum")::add);
    }

    @Override
    public Listed or(Values<?> others) {
      return Alike.require(this, others);
    }
  }

  /**
   * Numbers between two ends, of which one is included.
   *
   * @param least the lower end
   * @param most the upper end
   * @param fromLeast whether the lower end is included; else the upper one is
   */
  record Real(double least, double most, boolean fromLeast) implements Values<Double> {
    /** From 0 to under 1. */
    static final Real PART = new Real(0, 1, true);

    /** Above 0 and at most 1. */
    static final Real FRACTION = new Real(0, 1, false);

    @Override
    public boolean takes(JsonNode value) {
      double number = value.isNumber() ? value.doubleValue() : Double.NaN;
      return fromLeast ? number >= least && number < most : number > least && number <= most;
    }

    @Override
    public Double read(JsonNode value) {
      return value.doubleValue();
    }

    @Override
    public String wanted() {
      return fromLeast
          ? "a number from %.0f to under %.0f".formatted(least, most)
          : "a number above %.0f and at most %.0f".formatted(least, most);
    }

    @Override
    public void describe(ObjectNode schema) {
      schema
          .put("type", "number")
          .put(fromLeast ? "minimum" : "exclusiveMinimum", (long) least)
          .put(fromLeast ? "exclusiveMaximum" : "maximum", (long) most);
    }

    @Override
    public Real or(Values<?> others) {
      return Alike.require(this, others);
    }
  }

  /** True and false. */
  record Flag() implements Values<Boolean> {
    @Override
    public boolean takes(JsonNode value) {
      return value.isBoolean();
    }

    @Override
    public Boolean read(JsonNode value) {
      return value.booleanValue();
    }

    @Override
    public String wanted() {
      return "true or false";
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "boolean");
    }

    @Override
    public Flag or(Values<?> others) {
      return Alike.require(this, others);
    }
  }

  /**
   * Words.
   *
   * @param words all of them
   */
  record Word(List<String> words) implements Values<String> {
    /** Words; the list is copied. */
    public Word {
      words = List.copyOf(words);
    }

    @Override
    public boolean takes(JsonNode value) {
      return words.contains(value.textValue() == null ? "" : value.textValue());
    }

    @Override
    public String read(JsonNode value) {
      return value.textValue();
    }

    @Override
    public String wanted() {
      return "one of " + words;
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "string");
      words.forEach(schema.putArray("enum")::add);
    }

    @Override
    public Word or(Values<?> others) {
      Set<String> all = new LinkedHashSet<>(words);
      all.addAll(((Word) others).words);
      return new Word(List.copyOf(all));
    }
  }

  /** Texts that are not empty. */
  record Text() implements Values<String> {
    @Override
    public boolean takes(JsonNode value) {
      return value.isTextual() && !value.textValue().isEmpty();
    }

    @Override
    public String read(JsonNode value) {
      return value.textValue();
    }

    @Override
    public String wanted() {
      return "a text, not empty";
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "string").put("minLength", 1);
    }

    @Override
    public Text or(Values<?> others) {
      return Alike.require(this, others);
    }
  }

  /**
   * Upper bounds, as text: numbers, percentages and the like. Which of them make sense says who
   * reads them.
   *
   * @param definition name of their definition in the policy's JSON schema
   */
  record Bound(String definition) implements Values<String> {
    @Override
    public boolean takes(JsonNode value) {
      return value.isNumber() || value.isTextual();
    }

    @Override
    public String read(JsonNode value) {
      return value.asText();
    }

    @Override
    public String wanted() {
      return "a number, or a text such as 60%";
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("$ref", "#/$defs/" + definition);
    }

    @Override
    public Bound or(Values<?> others) {
      return Alike.require(this, others);
    }
  }

  /**
   * Groups of keys.
   *
   * @param table the keys
   * @param least how many of them are said at least
   */
  record Group(SettingTable table, int least) implements Values<Settings> {
    @Override
    public boolean takes(JsonNode value) {
      return value.isObject() && value.size() >= least;
    }

    @Override
    public Settings read(JsonNode value) {
      return table.read(value).settings();
    }

    @Override
    public String wanted() {
      return "a group of at least %d of %s".formatted(least, table.names());
    }

    @Override
    public void describe(ObjectNode schema) {
      table.describe(schema, least);
    }

    @Override
    public Group or(Values<?> others) {
      return Alike.require(this, others); // groups that differ are united key by key
    }

    @Override
    public boolean grouped() {
      return true;
    }

    @Override
    public String text(Settings value) {
      return value.used().toString();
    }
  }

  /**
   * Lists of at least one value.
   *
   * @param one what each value is
   * @param different whether no value may be there twice
   * @param each what each value says, in words
   * @param <T> type of each value
   */
  record Many<T>(Values<T> one, boolean different, String each) implements Values<List<T>> {
    @Override
    public boolean takes(JsonNode value) {
      boolean taken = value.isArray() && !value.isEmpty();
      Set<JsonNode> seen = new LinkedHashSet<>();
      for (JsonNode item : value) {
        taken &= (seen.add(item) || !different) && one.takes(item);
      }
      return taken;
    }

    @Override
    public List<T> read(JsonNode value) {
      List<T> all = new ArrayList<>();
      value.forEach(item -> all.add(one.read(item)));
      return List.copyOf(all);
    }

    @Override
    public String wanted() {
      return "a list, each " + each;
    }

    @Override
    public void describe(ObjectNode schema) {
      schema.put("type", "array").put("minItems", 1);
      if (different) {
        schema.put("uniqueItems", true);
      }
      ObjectNode items = schema.putObject("items").put("description", each);
      one.describe(items);
    }

    @Override
    public Many<T> or(Values<?> others) {
      return Alike.require(this, others);
    }

    @Override
    public boolean grouped() {
      return one.grouped();
    }

    @Override
    public String text(List<T> value) {
      return value.stream().map(one::text).collect(Collectors.joining(", "));
    }
  }

  /** Values of one key that several tables must have alike. */
  final class Alike {
    private Alike() {}

    private static <V extends Values<?>> V require(V own, Values<?> others) {
      if (!own.equals(others)) {
        throw new IllegalArgumentException(
            "two tables have one key with values %s and %s; give one of them another name"
                .formatted(own, others));
      }
      return own;
    }
  }
}
