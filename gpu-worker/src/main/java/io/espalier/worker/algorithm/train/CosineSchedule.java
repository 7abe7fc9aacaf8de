package io.espalier.worker.algorithm.train;

/**
 * A learning rate that rises linearly to its peak and then falls along half a cosine to zero.
 *
 * <p>Source: Loshchilov, Hutter, SGDR, arXiv 1608.03983 (one period); warm-up: Goyal et al.,
 * Accurate, Large Minibatch SGD, arXiv 1706.02677.
 *
 * @param peak highest learning rate
 * @param warmup steps until it is reached; 0 to begin with it
 * @param total steps in all
 */
record CosineSchedule(double peak, long warmup, long total) {
  CosineSchedule {
    if (!(peak > 0) || warmup < 0 || total <= warmup) {
      throw new IllegalArgumentException(
          "a schedule needs a positive peak and more steps than its warm-up, but has peak %s, %d of %d"
              .formatted(peak, warmup, total));
    }
  }

  /** The learning rate of a step, counted from 0. */
  double at(long step) {
    return step < warmup
        ? peak * (step + 1) / (warmup + 1)
        : peak * 0.5 * (1 + StrictMath.cos(Math.PI * (step - warmup) / (total - warmup)));
  }
}
