package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.InvalidInputException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a model may cost at most, as asked for: each quantity as a number or as a percentage of the
 * original model.
 *
 * @param limits at least one, by quantity
 */
public record Constraints(Map<Quantity, Limit> limits) {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** What can be bounded of any model. */
  private static final Set<Quantity> WITHOUT_TOKENS =
      Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(Quantity.MEMORY)));

  private static final Pattern TIME = Pattern.compile("(.*?)\\s*(ns|us|µs|ms|s)?");
  private static final Map<String, Integer> NANOS_AS_POWER_OF_TEN =
      Map.of("ns", 0, "us", 3, "µs", 3, "ms", 6, "s", 9);

  /**
   * An upper bound, inclusive.
   *
   * @param value number in the quantity's own unit (nanoseconds for latency), or percent of the
   *     original
   * @param percent whether it is a percentage
   * @param asked as it is written in a policy
   */
  public record Limit(BigDecimal value, boolean percent, String asked) {
    /** The largest value allowed for a model that has this much of the quantity. */
    public long absolute(long original) {
      BigDecimal bound =
          percent ? value.multiply(BigDecimal.valueOf(original)).divide(HUNDRED) : value;
      return bound
          .min(BigDecimal.valueOf(Long.MAX_VALUE))
          .setScale(0, RoundingMode.FLOOR)
          .longValueExact();
    }

    /** As it is written in a policy. */
    @Override
    public String toString() {
      return asked;
    }
  }

  /** Constraints; the map is copied. */
  public Constraints {
    if (limits.isEmpty()) {
      throw new IllegalArgumentException("no constraint");
    }
    limits = Collections.unmodifiableMap(new EnumMap<>(limits));
  }

  /**
   * Reads constraints as a policy has them.
   *
   * @param asked by name, {@code "60%"} or a number such as {@code 60e6}; for latency a number of
   *     milliseconds, or one with a unit such as {@code 800us}
   * @throws InvalidInputException with everything that is wrong with them
   */
  public static Constraints parse(Map<String, String> asked) {
    return parse(asked, WITHOUT_TOKENS);
  }

  /**
   * Reads constraints as a policy has them.
   *
   * @param asked by name, as above
   * @param known the quantities that may be bounded
   * @throws InvalidInputException with everything that is wrong with them
   */
  public static Constraints parse(Map<String, String> asked, Set<Quantity> known) {
    var problems = new ArrayList<String>();
    var limits = new EnumMap<Quantity, Limit>(Quantity.class);
    asked.forEach(
        (key, text) ->
            Quantity.of(key)
                .filter(known::contains)
                .ifPresentOrElse(
                    quantity -> limit(quantity, text, limits, problems),
                    () -> problems.add(unknown(key, known))));
    if (asked.isEmpty()) {
      problems.add(
          "constraints: at least one of %s is needed, such as flops: 60%%".formatted(keys(known)));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new Constraints(limits);
  }

  /**
   * The budget that they leave to versions of a model. A quantity that its cost does not know,
   * which is latency before it was measured, is left out.
   */
  public Budget budget(Cost original) {
    var bounds = new ArrayList<Budget.Bound>();
    limits.forEach(
        (quantity, limit) -> {
          if (quantity.isKnownIn(original)) {
            long largest = limit.absolute(quantity.of(original));
            bounds.add(new Budget.Bound(quantity, limit.toString(), largest));
          }
        });
    return new Budget(bounds);
  }

  private static void limit(
      Quantity quantity, String text, Map<Quantity, Limit> limits, List<String> problems) {
    String where = "constraints.%s: '%s' ".formatted(quantity.key(), text);
    boolean percent = text.strip().endsWith("%");
    BigDecimal value;
    try {
      value = number(quantity, text.strip(), percent);
    } catch (NumberFormatException e) {
      problems.add(where + "is neither a number nor a percentage such as 60%" + forms(quantity));
      return;
    }
    if (value.signum() <= 0) {
      problems.add(where + "must be over 0");
    } else if (percent && value.compareTo(HUNDRED) > 0) {
      problems.add(where + "is over 100 % of the original, which no cut model needs");
    } else if (value.precision() - value.scale() > 18 || value.scale() > 18) {
      problems.add(where + "is out of range: from 1e-18 to under 1e18");
    } else {
      limits.put(quantity, new Limit(value, percent, asked(quantity, value, percent)));
    }
  }

  /** The number in a text, in the quantity's own unit. */
  private static BigDecimal number(Quantity quantity, String text, boolean percent) {
    if (percent) {
      return new BigDecimal(text.substring(0, text.length() - 1).strip());
    }
    if (quantity != Quantity.LATENCY) {
      return new BigDecimal(text);
    }
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw new NumberFormatException(text);
    }
    String unit = time.group(2) == null ? quantity.unit() : time.group(2);
    int power = Objects.requireNonNull(NANOS_AS_POWER_OF_TEN.get(unit));
    return new BigDecimal(time.group(1)).scaleByPowerOfTen(power);
  }

  private static String asked(Quantity quantity, BigDecimal value, boolean percent) {
    if (percent) {
      return value.toPlainString() + "%";
    }
    return quantity == Quantity.LATENCY
        ? value.scaleByPowerOfTen(-6).stripTrailingZeros().toPlainString() + " ms"
        : value.toPlainString();
  }

  private static String forms(Quantity quantity) {
    return quantity == Quantity.LATENCY ? "; a time is 5 (milliseconds), 5ms or 800us" : "";
  }

  private static String unknown(String key, Set<Quantity> quantities) {
    String hint = key.equals("params") ? "; did you mean parameters?" : "";
    return "constraints.%s: unknown, known are %s%s".formatted(key, keys(quantities), hint);
  }

  private static String keys(Set<Quantity> known) {
    return String.join(", ", known.stream().map(Quantity::key).toList());
  }
}
