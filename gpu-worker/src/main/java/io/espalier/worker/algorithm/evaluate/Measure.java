package io.espalier.worker.algorithm.evaluate;

/**
 * One number that says how good a model is.
 *
 * @param name such as {@code f1}
 * @param unit such as {@code fraction}
 * @param higherIsBetter whether more is better
 * @param value it
 */
public record Measure(String name, String unit, boolean higherIsBetter, double value) {
  /** Returns the name of the same measure of a plain cut, beside that of what was reconstructed. */
  public static String asCut(String name) {
    return name + "AsCut";
  }

  /** Returns the same under the name that it has for a plain cut. */
  public Measure asCut() {
    return new Measure(asCut(name), unit, higherIsBetter, value);
  }

  /** A part of 1, of which more is better. */
  public static Measure fraction(String name, double value) {
    return new Measure(name, "fraction", true, value);
  }

  /** A mean loss in nats. */
  public static Measure loss(double value) {
    return new Measure("loss", "nats", false, value);
  }

  /** A mean squared error, in squares of what texts are labelled by. */
  public static Measure squaredError(String name, double value) {
    return new Measure(name, "squares", false, value);
  }

  /** A coefficient of correlation, from -1 to 1. */
  public static Measure correlation(String name, double value) {
    return new Measure(name, "correlation", true, value);
  }

  /** Of how many tokens a model chooses at a mean loss in nats, as if all were equally likely. */
  public static Measure perplexity(double loss) {
    return new Measure("perplexity", "tokens", false, Math.exp(loss));
  }
}
