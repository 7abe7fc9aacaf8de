package io.espalier.worker.algorithm.minitron.cut;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measured scores of subnets of a model.
 *
 * @param fingerprint of everything that the numbers depend on but the subnets
 * @param scores by subnet in words; infinite where a subnet says no numbers
 */
record SubnetScores(String fingerprint, Map<String, Double> scores) {
  /** Scores; the map is copied. */
  SubnetScores {
    scores = new LinkedHashMap<>(scores);
  }

  @Override
  public Map<String, Double> scores() {
    return new LinkedHashMap<>(scores);
  }

  /** With one more. */
  SubnetScores with(String subnet, double score) {
    Map<String, Double> more = scores();
    more.put(subnet, score);
    return new SubnetScores(fingerprint, more);
  }
}
