package io.espalier.worker.algorithm.minitron;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What versions of a model were found to score.
 *
 * @param fingerprint of everything that the numbers depend on but the versions
 * @param scores by version in words; infinite where a version says no numbers
 */
record VersionScores(String fingerprint, Map<String, Double> scores) {
  /** Scores; the map is copied. */
  VersionScores {
    scores = new LinkedHashMap<>(scores);
  }

  @Override
  public Map<String, Double> scores() {
    return new LinkedHashMap<>(scores);
  }

  /** With one more. */
  VersionScores with(String version, double score) {
    Map<String, Double> more = scores();
    more.put(version, score);
    return new VersionScores(fingerprint, more);
  }
}
