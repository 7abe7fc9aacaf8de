package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Distance of the numbers that a model gives texts from the right ones, where it gives one or more
 * for each text.
 *
 * <p>Means and products of deviations are carried along, so that large numbers that lie close
 * together keep their digits (Welford, Note on a method for calculating corrected sums of squares,
 * 1962).
 */
public final class ValueCounts {
  private final double[] wantedMeans;
  private final double[] saidMeans;
  private final double[] wantedSquares;
  private final double[] saidSquares;
  private final double[] products;
  private double errors;
  private long texts;
  private final List<float[]> wantedOf = new ArrayList<>();
  private final List<float[]> saidOf = new ArrayList<>();

  /** Of a model that says so many numbers of each text; none said yet. */
  public ValueCounts(int values) {
    this.wantedMeans = new double[values];
    this.saidMeans = new double[values];
    this.wantedSquares = new double[values];
    this.saidSquares = new double[values];
    this.products = new double[values];
  }

  /**
   * Takes what a model says of some texts.
   *
   * @param targets the right numbers, (text, value)
   * @param said (text, value)
   * @throws InvalidInputException if what is said is not a number
   */
  public void add(float[] targets, float[] said) {
    int values = products.length;
    if (said.length != targets.length || said.length % values != 0) {
      throw new IllegalArgumentException(
          "%d numbers for %d targets of %d a text".formatted(said.length, targets.length, values));
    }
    for (int i = 0; i < said.length; i++) {
      if (Float.isNaN(said[i])) {
        throw new InvalidInputException(
            "what the model says of a text is not a number; are its weights damaged?");
      }
      texts += i % values == 0 ? 1 : 0;
      add(i % values, targets[i], said[i]);
    }
    for (int from = 0; from < said.length; from += values) {
      wantedOf.add(Arrays.copyOfRange(targets, from, from + values));
      saidOf.add(Arrays.copyOfRange(said, from, from + values));
    }
  }

  /** Number of texts. */
  public int texts() {
    return wantedOf.size();
  }

  /** Counts of the same texts, each so many times. */
  public ValueCounts drawn(int[] times) {
    var drawn = new ValueCounts(products.length);
    for (int text = 0; text < times.length; text++) {
      for (int time = 0; time < times[text]; time++) {
        drawn.texts++;
        for (int value = 0; value < products.length; value++) {
          drawn.add(value, wantedOf.get(text)[value], saidOf.get(text)[value]);
        }
      }
    }
    return drawn;
  }

  /** Returns whether the right numbers differ, so that something can go along with them. */
  public boolean hasCorrelation() {
    return Arrays.stream(wantedSquares).allMatch(squares -> squares > 0);
  }

  private void add(int value, double wanted, double said) {
    errors += (said - wanted) * (said - wanted);
    double wantedOff = wanted - wantedMeans[value];
    double saidOff = said - saidMeans[value];
    wantedMeans[value] += wantedOff / texts;
    saidMeans[value] += saidOff / texts;
    wantedSquares[value] += wantedOff * (wanted - wantedMeans[value]);
    saidSquares[value] += saidOff * (said - saidMeans[value]);
    products[value] += wantedOff * (said - saidMeans[value]);
  }

  /** Mean square of what numbers differ by from the right ones. */
  public double meanSquaredError() {
    return errors / (texts * products.length);
  }

  /**
   * Pearson's coefficient of correlation with the right numbers, from -1 to 1; the mean where there
   * are several of each text. It is 0 for a model that says the same of all texts.
   *
   * @throws InvalidInputException if the right numbers are all the same, since nothing can go along
   *     with them
   */
  public double pearson() {
    return IntStream.range(0, products.length).mapToDouble(this::pearson).average().orElse(0);
  }

  private double pearson(int value) {
    if (wantedSquares[value] == 0) {
      throw new InvalidInputException(
          "all %d texts are labelled %s, so nothing can correlate with that; give texts with different labels"
              .formatted(texts, wantedMeans[value]));
    }
    double scale = Math.sqrt(wantedSquares[value]) * Math.sqrt(saidSquares[value]);
    return scale == 0 ? 0 : products[value] / scale;
  }
}
