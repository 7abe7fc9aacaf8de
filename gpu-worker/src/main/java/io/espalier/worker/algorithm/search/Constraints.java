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
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Limits on a model's cost, as asked for: each quantity as a number or as a percentage of the
 * original model.
 *
 * @param limits at least one, by quantity
 */
public record Constraints(Map<Quantity, Limit> limits) {
  /**
   * What policies and metrics call operations per token: those of one sequence, divided by its
   * tokens. It is what the last token of the sequence takes if keys and values of those before it
   * are kept.
   */
  public static final String FLOPS_PER_TOKEN = "flopsPerToken";

  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** Quantities to bound for any model. */
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
   * @param perToken whether the number is for one token of a sequence
   * @param asked as it is written in a policy
   */
  public record Limit(BigDecimal value, boolean percent, boolean perToken, String asked) {
    /**
     * The largest value allowed for a model that has this much of the quantity.
     *
     * @throws IllegalStateException if it is for one token of sequences of which nobody has said
     *     how long they are
     */
    public long absolute(long original) {
      if (perToken && !percent) {
        throw new IllegalStateException("%s, of sequences of unknown length".formatted(asked));
      }
      BigDecimal bound =
          percent ? value.multiply(BigDecimal.valueOf(original)).divide(HUNDRED) : value;
      return bound
          .min(BigDecimal.valueOf(Long.MAX_VALUE))
          .setScale(0, RoundingMode.FLOOR)
          .longValueExact();
    }

    private Limit ofSequences(int tokens) {
      return perToken && !percent
          ? new Limit(value.multiply(BigDecimal.valueOf(tokens)), false, false, asked)
          : this;
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
   * Reads constraints as a policy has them, of a model that may read one token after another.
   *
   * @param asked by name, as above; operations also by {@value #FLOPS_PER_TOKEN}
   * @throws InvalidInputException with everything that is wrong with them
   */
  public static Constraints ofText(Map<String, String> asked) {
    return ofText(asked, WITHOUT_TOKENS);
  }

  /**
   * The same.
   *
   * @param known the quantities that may be bounded; operations are one of them
   */
  public static Constraints ofText(Map<String, String> asked, Set<Quantity> known) {
    return new Reader(known, true).read(asked);
  }

  /**
   * Reads constraints as a policy has them.
   *
   * @param asked by name, as above
   * @param known the quantities that may be bounded
   * @throws InvalidInputException with everything that is wrong with them
   */
  public static Constraints parse(Map<String, String> asked, Set<Quantity> known) {
    return new Reader(known, false).read(asked);
  }

  /** Returns whether operations are bounded for one token of a sequence. */
  public boolean perToken() {
    return limits.values().stream().anyMatch(Limit::perToken);
  }

  /** The same for sequences of that many tokens: what holds for a token holds as often. */
  public Constraints ofSequences(int tokens) {
    var limitsOfSequences = new EnumMap<>(limits);
    limitsOfSequences.replaceAll((quantity, limit) -> limit.ofSequences(tokens));
    return new Constraints(limitsOfSequences);
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

  /**
   * Reads constraints, and gathers what is wrong with them.
   *
   * @param known the quantities that may be bounded
   * @param perToken whether operations may be bounded per token, too
   */
  private record Reader(Set<Quantity> known, boolean perToken) {
    Constraints read(Map<String, String> asked) {
      var problems = new ArrayList<String>();
      var limits = new EnumMap<Quantity, Limit>(Quantity.class);
      asked.forEach((key, text) -> read(key, text, limits, problems));
      if (asked.isEmpty()) {
        problems.add(
            "constraints: at least one of %s is needed, such as flops: 60%%".formatted(keys()));
      }
      if (perToken
          && asked.containsKey(FLOPS_PER_TOKEN)
          && asked.containsKey(Quantity.FLOPS.key())) {
        problems.add(
            "constraints.%s: flops are the same for all tokens of a sequence together; give one of them"
                .formatted(FLOPS_PER_TOKEN));
      }
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      return new Constraints(limits);
    }

    private void read(String key, String text, Map<Quantity, Limit> limits, List<String> problems) {
      boolean ofToken = perToken && key.equals(FLOPS_PER_TOKEN);
      Optional<Quantity> quantity =
          ofToken ? Optional.of(Quantity.FLOPS) : Quantity.of(key).filter(known::contains);
      if (quantity.isEmpty()) {
        String hint = key.equals("params") ? "; did you mean parameters?" : "";
        problems.add("constraints.%s: unknown, known are %s%s".formatted(key, keys(), hint));
        return;
      }
      limit(key, quantity.get(), text, problems)
          .ifPresent(limit -> limits.put(quantity.get(), ofToken ? ofToken(limit) : limit));
    }

    private static Limit ofToken(Limit limit) {
      return new Limit(limit.value(), limit.percent(), true, limit.asked() + " per token");
    }

    private String keys() {
      var keys = new ArrayList<>(known.stream().map(Quantity::key).toList());
      if (perToken) {
        keys.add(FLOPS_PER_TOKEN);
      }
      return String.join(", ", keys);
    }
  }

  /** Empty if something is wrong with it. */
  private static Optional<Limit> limit(
      String key, Quantity quantity, String text, List<String> problems) {
    String where = "constraints.%s: '%s' ".formatted(key, text);
    boolean percent = text.strip().endsWith("%");
    BigDecimal value;
    try {
      value = number(quantity, text.strip(), percent);
    } catch (NumberFormatException e) {
      problems.add(where + "is neither a number nor a percentage such as 60%" + forms(quantity));
      return Optional.empty();
    }
    if (value.signum() <= 0) {
      problems.add(where + "must be over 0");
    } else if (percent && value.compareTo(HUNDRED) > 0) {
      problems.add(where + "is over 100 % of the original, which no cut model needs");
    } else if (value.precision() - value.scale() > 18 || value.scale() > 18) {
      problems.add(where + "is out of range: from 1e-18 to under 1e18");
    } else {
      return Optional.of(new Limit(value, percent, false, asked(quantity, value, percent)));
    }
    return Optional.empty();
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
}
