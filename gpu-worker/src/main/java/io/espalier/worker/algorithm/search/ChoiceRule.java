package io.espalier.worker.algorithm.search;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Widths a layer may be cut to: fractions of its own width, rounded to a multiple of a divisor.
 *
 * <p>Source: ModelOpt 0.40, {@code modelopt/torch/nas/modules/utils.py} (make_divisible); the
 * defaults of mode {@code fastnas}.
 *
 * @param ratios fractions of the width, each over 0 and at most 1
 * @param divisor widths are multiples of it, but for the original one
 */
public record ChoiceRule(List<Double> ratios, int divisor) {
  /** ModelOpt's divisor where nothing else is said. */
  public static final int DEFAULT_DIVISOR = 32;

  private static final int STEPS = 20;

  /** A rule; the list is copied. */
  public ChoiceRule {
    ratios = List.copyOf(ratios);
    if (divisor < 1) {
      throw new IllegalArgumentException("channel divisor %d is not positive".formatted(divisor));
    }
    for (double ratio : ratios) {
      if (!(ratio > 0 && ratio <= 1)) {
        throw new IllegalArgumentException("ratio %s is not over 0 and up to 1".formatted(ratio));
      }
    }
  }

  /** ModelOpt's ratios, 0.05 to 1.00 in steps of 0.05, with a divisor. */
  public static ChoiceRule everyTwentieth(int divisor) {
    return new ChoiceRule(
        IntStream.rangeClosed(1, STEPS).mapToObj(step -> (double) step / STEPS).toList(), divisor);
  }

  /** Any number of units of several indices each, such as attention heads. */
  public static ChoiceRule everyUnit(int units, int indicesPerUnit) {
    return new ChoiceRule(
        IntStream.rangeClosed(1, units).mapToObj(unit -> (double) unit / units).toList(),
        indicesPerUnit);
  }

  /** The widths that a layer of this width may have, ascending; its own is always one of them. */
  public SortedSet<Integer> choices(int units) {
    var choices = new TreeSet<Integer>();
    choices.add(units);
    for (double ratio : ratios) {
      long width = divisible(ratio * units, divisor);
      if (width <= units) {
        choices.add((int) width);
      }
    }
    return choices;
  }

  /** The multiple of the divisor next to a value, never 0, never under 0.9 of the value. */
  static long divisible(double value, int divisor) {
    long nearest = (long) Math.floor((value + divisor / 2.0) / divisor) * divisor;
    long atLeastOne = Math.max(divisor, nearest);
    return atLeastOne < 0.9 * value ? atLeastOne + divisor : atLeastOne;
  }
}
