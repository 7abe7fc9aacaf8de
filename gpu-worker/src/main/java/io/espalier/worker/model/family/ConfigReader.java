package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.Quoted;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A config.json that is being read, as transformers writes it for models that read text.
 *
 * @param json what it says
 * @param where which part of the file it is: what stands before its keys in messages
 * @param problems gets everything in it that makes no sense or is not understood
 * @param warnings gets what versions of transformers take for different things
 */
public record ConfigReader(
    JsonNode json, String where, List<String> problems, List<String> warnings) {
  /** Far more than any model gives; so many names still fit. */
  private static final int MOST_LABELS = 1_000_000;

  /** A whole config, of which nobody asks for warnings. */
  public ConfigReader(JsonNode json, List<String> problems) {
    this(json, "", problems, new ArrayList<>());
  }

  /** The same, whose problems are those of somebody else; warnings are dropped. */
  public ConfigReader aside(List<String> others) {
    return new ConfigReader(json, where, others, new ArrayList<>());
  }

  /** Returns what a key's object says; nothing if it is none. */
  public ConfigReader part(String key) {
    JsonNode value = json.path(key);
    if (!silent(key) && !value.isObject()) {
      problem("%s must be an object, found %s", key, value);
    }
    return new ConfigReader(value, where + key + ".", problems, warnings);
  }

  /** Returns whether a value is null or not there. */
  public boolean silent(String key) {
    return !json.hasNonNull(key);
  }

  /** A positive integer. */
  public int count(String key, int usual) {
    return count(key).orElse(usual);
  }

  /** A positive integer, if there is one. */
  public OptionalInt count(String key) {
    return TimmConfig.count(json.path(key), where + key, problems);
  }

  /** An integer that may be 0. */
  public int countFromZero(String key, int usual) {
    JsonNode value = json.path(key);
    if (silent(key)) {
      return usual;
    }
    if (!value.isInt() || value.intValue() < 0) {
      problem("%s must be an integer of at least 0, found %s", key, value);
      return usual;
    }
    return value.intValue();
  }

  /** The id of a token. */
  public int token(String key, int usual) {
    return token(key).orElse(usual);
  }

  /** The id of a token, if there is one; a negative one means that there is none. */
  public OptionalInt token(String key) {
    return silent(key) ? OptionalInt.empty() : token(key, json.path(key));
  }

  /** The id of a token, the first of several. */
  public int firstToken(String key, int usual) {
    JsonNode value = json.path(key);
    return value.isArray() && !value.isEmpty()
        ? token(key, value.path(0)).orElse(usual)
        : token(key, usual);
  }

  private OptionalInt token(String key, JsonNode value) {
    if (!value.isInt()) {
      problem("%s must be the id of a token, found %s", key, value);
    }
    return value.isInt() && value.intValue() >= 0
        ? OptionalInt.of(value.intValue())
        : OptionalInt.empty();
  }

  /** A small positive number. */
  public double epsilon(String key, double usual) {
    JsonNode value = json.path(key);
    if (silent(key)) {
      return usual;
    }
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() < 1)) {
      problem("%s must be a number over 0 and under 1, found %s", key, value);
      return usual;
    }
    return value.doubleValue();
  }

  /** A number of at least so much. */
  public double number(String key, double least, double usual) {
    JsonNode value = json.path(key);
    if (silent(key)) {
      return usual;
    }
    if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() < 1e12)) {
      problem("%s must be a number of at least %s, found %s", key, least, value);
      return usual;
    }
    return value.doubleValue();
  }

  /** True or false. */
  public boolean flag(String key, boolean usual) {
    JsonNode value = json.path(key);
    if (value.isNull()) {
      warning("%s is null, which transformers 5 refuses; it is taken for %s", key, usual);
    }
    if (!silent(key) && !value.isBoolean()) {
      problem("%s must be true or false, found %s", key, value);
    }
    return value.asBoolean(usual);
  }

  /** A choice by its name. */
  public <V> V choice(String key, Map<String, V> known, V usual) {
    JsonNode value = json.path(key);
    if (silent(key)) {
      return usual;
    }
    Optional<V> chosen = Optional.ofNullable(known.get(value.asText()));
    if (chosen.isEmpty()) {
      problem("%s must be one of %s, found %s", key, new TreeSet<>(known.keySet()), value);
    }
    return chosen.orElse(usual);
  }

  /** Refuses anything but one value, or none, where another would change what is computed. */
  public void requireOnly(String key, Object only) {
    if (!silent(key) && !json.path(key).asText().equals(only.toString())) {
      problem("%s must be %s, since nothing else is computed, found %s", key, only, json.path(key));
    }
  }

  /** One positive integer per layer, or one for all of them; empty if there is none. */
  public Optional<List<Integer>> perLayer(String key, int layers) {
    JsonNode value = json.path(key);
    if (silent(key)) {
      return Optional.empty();
    }
    List<Integer> found =
        value.isArray()
            ? TimmConfig.counts(value, key, layers, problems)
            : repeated(TimmConfig.count(value, key, problems), layers);
    return found.isEmpty() ? Optional.empty() : Optional.of(found);
  }

  /** The names of the labels, in the order of their scores. */
  public List<String> labels() {
    OptionalInt counted = count("num_labels");
    JsonNode names = json.path("id2label");
    if (!names.isObject() || names.isEmpty()) {
      return unnamed(counted.orElse(2));
    }
    return labels(names, counted.orElse(names.size()));
  }

  private List<String> unnamed(int count) {
    if (count > MOST_LABELS) {
      problem("num_labels must be at most %d, found %d", MOST_LABELS, count);
      return List.of();
    }
    return IntStream.range(0, count).mapToObj(label -> "LABEL_" + label).toList();
  }

  private List<String> labels(JsonNode names, int count) {
    var labels = new ArrayList<String>();
    for (int i = 0; i < names.size(); i++) {
      JsonNode name = names.path(Integer.toString(i));
      if (!name.isTextual()) {
        problem(
            "id2label must name the labels 0 to %d, found %s", names.size() - 1, Quoted.of(names));
        return labels;
      }
      labels.add(name.asText());
    }
    if (labels.size() != count) {
      problem("num_labels is %d, but id2label names %d", count, labels.size());
    }
    warnOfOtherNumbers(labels);
    return labels;
  }

  private void warnOfOtherNumbers(List<String> labels) {
    for (var label : json.path("label2id").properties()) {
      int number = labels.indexOf(label.getKey());
      JsonNode said = label.getValue();
      if (number >= 0 && said.isInt() && said.intValue() != number) {
        warning(
            "label2id says that '%s' is class number %s, id2label that it is %d; the latter is"
                + " taken",
            Quoted.of(label.getKey()), said, number);
        return;
      }
    }
  }

  /** Adds a problem. */
  @SuppressWarnings("AnnotateFormatMethod") // its annotation would be one more dependency
  public void problem(String format, Object... values) {
    problems.add("config.json: " + where + format.formatted(values));
  }

  /** Adds a warning. */
  @SuppressWarnings("AnnotateFormatMethod") // as above
  public void warning(String format, Object... values) {
    warnings.add("config.json: " + where + format.formatted(values));
  }

  private static List<Integer> repeated(OptionalInt width, int layers) {
    return width.isPresent()
        ? List.copyOf(Collections.nCopies(layers, width.getAsInt()))
        : List.of();
  }
}
