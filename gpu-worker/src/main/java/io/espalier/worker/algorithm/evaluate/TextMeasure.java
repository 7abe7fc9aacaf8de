package io.espalier.worker.algorithm.evaluate;

/**
 * One number that says how good a model is.
 *
 * @param name such as {@code f1}
 * @param unit such as {@code fraction}
 * @param higherIsBetter whether more is better
 * @param value it
 */
public record TextMeasure(String name, String unit, boolean higherIsBetter, double value) {
  static TextMeasure fraction(String name, double value) {
    return new TextMeasure(name, "fraction", true, value);
  }
}
