package io.espalier.worker.algorithm.minitron;

/** Numbers of units, one each, that grow as sequences come; in float64. */
final class UnitSums {
  private final Aggregation overSequences;
  private final double[] all;
  private long sequences;

  /** Sums of nothing. */
  UnitSums(int units, Aggregation overSequences) {
    this.all = new double[units];
    this.overSequences = overSequences;
  }

  /**
   * Adds sequences.
   *
   * @param values what all units say, sequence by sequence; zeros of one without a real token
   * @param real sequences that have one
   */
  void add(float[] values, long real) {
    for (int i = 0; i < values.length; i++) {
      all[i % all.length] = overSequences.add(all[i % all.length], values[i]);
    }
    sequences += real;
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
