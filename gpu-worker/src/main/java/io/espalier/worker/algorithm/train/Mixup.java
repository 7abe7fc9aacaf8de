package io.espalier.worker.algorithm.train;

import io.espalier.worker.data.Batch;
import java.util.SplittableRandom;

/**
 * Mixes each image of a batch with another one of it: a share λ of its own and the rest of the
 * other's pixels, λ drawn for each from the distribution Beta(α, α). Its classes are mixed alike.
 *
 * <p>Source: Zhang et al., mixup: Beyond empirical risk minimization, arXiv 1710.09412, whose pairs
 * each have a λ of their own in the definition.
 *
 * @param alpha the distribution's α: the smaller, the less is mixed; 0 mixes nothing
 */
public record Mixup(double alpha) {
  /** Images as they are. */
  public static final Mixup NONE = new Mixup(0);

  /** Mixup; α must not be negative. */
  public Mixup {
    if (!(alpha >= 0 && alpha < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "alpha of mixup is not negative, but this one is " + alpha);
    }
  }

  /** Mixed copies of the images of a batch. */
  public Batch apply(Batch batch, SplittableRandom random) {
    if (alpha == 0) {
      return batch;
    }
    int size = batch.size();
    int[] others = shuffled(size, random);
    int each = batch.pixels().length / size;
    float[] mixed = new float[batch.pixels().length];
    long[] labels = new long[size];
    float[] shares = new float[size];
    for (int image = 0; image < size; image++) {
      float share = (float) draw(random);
      shares[image] = share;
      labels[image] = batch.labels()[others[image]];
      int own = image * each;
      int other = others[image] * each;
      for (int i = 0; i < each; i++) {
        mixed[own + i] = share * batch.pixels()[own + i] + (1 - share) * batch.pixels()[other + i];
      }
    }
    return new Batch(mixed, batch.labels(), labels, shares);
  }

  private static int[] shuffled(int size, SplittableRandom random) {
    int[] order = new int[size];
    for (int i = 0; i < size; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** A number of the distribution Beta(α, α). */
  double draw(SplittableRandom random) {
    return alpha <= 1 ? small(random) : large(random);
  }

  /** Source: Jöhnk, Metrika 8, 1964; by logarithms, since powers of a small α vanish. */
  private double small(SplittableRandom random) {
    while (true) {
      double x = StrictMath.log(1 - random.nextDouble()) / alpha;
      double y = StrictMath.log(1 - random.nextDouble()) / alpha;
      if (StrictMath.exp(x) + StrictMath.exp(y) <= 1) {
        return 1 / (1 + StrictMath.exp(y - x));
      }
    }
  }

  /** Source: Cheng, Communications of the ACM 21, 1978, algorithm BB of two equal parameters. */
  private double large(SplittableRandom random) {
    double sum = 2 * alpha;
    double beta = Math.sqrt((sum - 2) / (2 * alpha * alpha - sum));
    double gamma = alpha + 1 / beta;
    while (true) {
      double first = 1 - random.nextDouble();
      double second = 1 - random.nextDouble();
      double v = beta * StrictMath.log(first / (1 - first));
      double w = alpha * StrictMath.exp(v);
      double z = first * first * second;
      double r = gamma * v - StrictMath.log(4);
      if (Double.isFinite(w) && r + sum * StrictMath.log(sum / (alpha + w)) >= StrictMath.log(z)) {
        return w / (alpha + w);
      }
    }
  }
}
