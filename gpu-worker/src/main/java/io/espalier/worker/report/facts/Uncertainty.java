package io.espalier.worker.report.facts;

import io.espalier.worker.domain.job.Interval;
import java.util.Optional;

/**
 * Metric's uncertainty.
 *
 * @param kind how that was found out
 * @param before range of the model that went in
 * @param after range of the model that came out
 * @param change range of the difference, if both were measured on the same samples
 */
public record Uncertainty(Kind kind, Interval before, Interval after, Optional<Interval> change) {
  /** Way in which the uncertainty of a metric was found. */
  public enum Kind {
    /** Samples drawn anew, the same ones for both models. */
    BOOTSTRAP("bootstrap", "95 % intervals by bootstrap, both models on the same samples"),
    /** From the share and the number of samples alone. */
    WILSON("wilson", "95 % intervals by Wilson from the share alone, each model by itself"),
    /** Repeated measurements. */
    PERCENTILES("percentiles", "from the tenth to the ninetieth of a hundred passes");

    private final String key;
    private final String words;

    Kind(String key, String words) {
      this.key = key;
      this.words = words;
    }

    /** Its name in JSON. */
    public String key() {
      return key;
    }

    /** Returns what its ranges are, in words. */
    public String words() {
      return words;
    }
  }

  /**
   * Returns whether the difference may as well be chance: its range includes none, or where there
   * is no such range those of both models have values in common.
   */
  public boolean isWithinNoise() {
    return change.map(range -> range.contains(0)).orElseGet(() -> before.overlaps(after));
  }
}
