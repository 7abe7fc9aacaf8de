package io.espalier.worker.algorithm.train;

/**
 * A learning rate that rises linearly to its peak and then goes its way to the end of the training.
 *
 * <p>Sources: Goyal et al., Accurate, Large Minibatch SGD, arXiv 1706.02677 (warm-up); Loshchilov
 * and Hutter, SGDR, arXiv 1608.03983 (cosine, one period); Hu et al., MiniCPM, arXiv 2404.06395
 * (warm-up, stable, decay).
 *
 * @param schedule its way after the peak is reached
 * @param peak highest learning rate
 * @param warmup share of the training until the peak is reached, from 0 to less than 1
 */
public record LearningRate(Schedule schedule, double peak, double warmup) {
  /** Share of the training in which the rate of {@link Schedule#WSD} falls. */
  private static final double DECAY = 0.2;

  private static final double SMALLEST_PEAK = 1e-5;

  /** A way from the peak to the end. */
  public enum Schedule {
    /** Stays at the peak. */
    CONSTANT,
    /** Falls to zero in a line. */
    LINEAR,
    /** Falls to zero along half a cosine. */
    COSINE,
    /** Stays at the peak, then falls to zero in a line in the last fifth. */
    WSD
  }

  /** A rate; {@code peak} must be positive. */
  public LearningRate {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("learningRate must be positive, but is " + peak);
    }
    if (!(warmup >= 0 && warmup < 1)) {
      throw new IllegalArgumentException("warmup must be from 0 to less than 1: " + warmup);
    }
  }

  /**
   * Returns a peak for transformers that learn on from weights that are nearly right: a tenth of
   * what they are trained with from the start, by Kaplan et al., arXiv 2001.08361, appendix D.6.
   *
   * @param parameters numbers that the model has learned
   */
  public static double peakOfTransformers(long parameters) {
    return Math.max(
        SMALLEST_PEAK, (0.003239 - 0.0001395 * Math.log((double) Math.max(1, parameters))) / 10);
  }

  /**
   * Returns the rate of a step.
   *
   * @param done share of the training that is done before it, from 0 to 1
   * @param step share that the step is
   */
  double at(double done, double step) {
    if (done < warmup) {
      return peak * (done + step) / (warmup + step);
    }
    double way = (done - warmup) / (1 - warmup);
    return peak
        * switch (schedule) {
          case CONSTANT -> 1;
          case LINEAR -> 1 - way;
          case COSINE -> 0.5 * (1 + StrictMath.cos(Math.PI * way));
          case WSD -> Math.min(1, (1 - way) * (1 - warmup) / Math.min(DECAY, 1 - warmup));
        };
  }
}
