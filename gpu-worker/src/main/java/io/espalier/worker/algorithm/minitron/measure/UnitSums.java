package io.espalier.worker.algorithm.minitron.measure;

/** Numbers of units, one each, that grow as sequences come; in float64. */
final class UnitSums {
  private final ScoreAggregation overSequences;
  private final double[] all;
  private long sequences;

  /** Sums of nothing. */
  UnitSums(int units, ScoreAggregation overSequences) {
    this.all = new double[units];
    this.overSequences = overSequences;
  }

  /** Adds what all units say of a sequence that has a real token. */
  void add(float[] values) {
    for (int unit = 0; unit < all.length; unit++) {
      all[unit] = overSequences.add(all[unit], values[unit]);
    }
    sequences++;
  }

  /** One score per unit; zeros if no sequence had a real token. */
  double[] settled() {
    double[] settled = new double[all.length];
    for (int i = 0; i < all.length; i++) {
      settled[i] = sequences == 0 ? 0 : overSequences.settled(all[i], sequences);
    }
    return settled;
  }
}
