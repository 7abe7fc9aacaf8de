package io.espalier.worker.algorithm.evaluate;

import io.espalier.worker.domain.job.Interval;

/**
 * Interval by which a share of independent samples could be off by chance, where only the share and
 * the number of samples are known.
 *
 * <p>Source: Wilson, Probable inference, the law of succession, and statistical inference, 1927,
 * without correction for continuity.
 */
public final class WilsonInterval {
  /** The normal distribution has 95 % within so many standard deviations of its mean. */
  private static final double Z = 1.959963984540054;

  private WilsonInterval() {}

  /**
   * The interval that holds the true share in 95 of 100 cases.
   *
   * @param share of the samples, from 0 to 1
   * @param samples at least 1
   */
  public static Interval interval(double share, long samples) {
    double squares = Z * Z / samples;
    double centre = (share + squares / 2) / (1 + squares);
    double half =
        Z * Math.sqrt(share * (1 - share) / samples + squares / (4 * samples)) / (1 + squares);
    return new Interval(Math.max(0, centre - half), Math.min(1, centre + half));
  }
}
