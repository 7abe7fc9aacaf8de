package io.espalier.worker.data.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.Quoted;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Label of a text or word in a file. A number is never taken for a name, nor a name for a number:
 * classes may be named by digits.
 */
sealed interface GivenLabel {
  /** A number as columns of text have it; longer exponents would need gigabytes. */
  Pattern NUMBER =
      Pattern.compile("[+-]?(\\d{1,40}(\\.\\d{0,40})?|\\.\\d{1,40})([eE][+-]?\\d{1,3})?");

  /** A number: of a class, or what a model should say. */
  record Numeral(BigDecimal value) implements GivenLabel {
    /** Returns whether it is written as an integer; 1.0 is not. */
    boolean isWhole() {
      return value.scale() <= 0;
    }

    /** Returns whether it is that integer, however it is written. */
    boolean is(long integer) {
      return value.compareTo(BigDecimal.valueOf(integer)) == 0;
    }

    @Override
    public String toString() {
      return Quoted.of(value);
    }
  }

  /**
   * The name of a class.
   *
   * @param typed whether the file tells names from numbers; else this may be a number
   */
  record Name(String text, boolean typed) implements GivenLabel {
    /** Returns what it is as a number, if it can be one. */
    Optional<Numeral> numeral() {
      return NUMBER.matcher(text.strip()).matches()
          ? Optional.of(GivenLabel.numeral(text))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return "'%s'".formatted(Quoted.of(text));
    }
  }

  /** A list of them; none of these is a list. */
  record Several(List<GivenLabel> labels) implements GivenLabel {
    /** A list, which is copied. */
    public Several {
      labels = List.copyOf(labels);
    }

    @Override
    public String toString() {
      return Quoted.of(labels);
    }
  }

  /**
   * Returns what a JSON value says; empty if it is neither a number, nor a name, nor a list of
   * these.
   */
  static Optional<GivenLabel> of(JsonNode value) {
    if (!value.isArray()) {
      return single(value);
    }
    var labels = new ArrayList<GivenLabel>();
    for (JsonNode item : value) {
      Optional<GivenLabel> label = single(item);
      if (label.isEmpty()) {
        return Optional.empty();
      }
      labels.add(label.get());
    }
    return Optional.of(new Several(labels));
  }

  private static Optional<GivenLabel> single(JsonNode value) {
    if (value.isTextual()) {
      return Optional.of(new Name(value.textValue(), true));
    }
    return value.isNumber() && Double.isFinite(value.doubleValue())
        ? Optional.of(new Numeral(value.decimalValue()))
        : Optional.empty();
  }

  /**
   * Returns how values of a column are meant, which has no types: as numbers if all of them are,
   * else as names, of which one that is unknown may still be a number.
   */
  static Function<String, GivenLabel> column(Collection<String> values) {
    return values.stream().allMatch(value -> NUMBER.matcher(value.strip()).matches())
        ? GivenLabel::numeral
        : value -> new Name(value, false);
  }

  private static Numeral numeral(String value) {
    return new Numeral(new BigDecimal(value.strip()));
  }
}
