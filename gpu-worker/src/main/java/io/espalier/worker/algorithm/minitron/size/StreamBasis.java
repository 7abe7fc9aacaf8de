package io.espalier.worker.algorithm.minitron.size;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The basis of the residual stream of a model at hand: its channels as they were trained, or
 * orthonormal directions of which the first are the strongest.
 *
 * <p>A normalisation divides by the root of the mean square of what is left of the stream. To say
 * of it what it said of all of it, its weight is multiplied by the part of the length that is left,
 * times {@code √(all / left)}.
 *
 * @param rotated whether it consists of directions; then weights of normalisations are 1
 * @param shares by the name of a normalisation's weight, for each number of directions from 1 on
 *     the mean over tokens of {@code |first of them| / |all|} of what it reads; none until they are
 *     measured
 */
@SuppressWarnings("ArrayRecordComponent") // copied going in and out
public record StreamBasis(boolean rotated, Map<String, double[]> shares) {
  /** The channels as they were trained. */
  public static final StreamBasis CHANNELS = new StreamBasis(false, Map.of());

  /** Directions of which nothing is known yet but their order. */
  public static final StreamBasis DIRECTIONS = new StreamBasis(true, Map.of());

  /** Makes a basis; everything is copied. */
  public StreamBasis {
    shares = copy(shares);
  }

  @Override
  public Map<String, double[]> shares() {
    return copy(shares);
  }

  /**
   * Returns what the weight of a normalisation is multiplied by if so many directions are left;
   * empty if it stays, or is none of the stream.
   *
   * @param norm name of the weight
   */
  public Optional<Double> scale(String norm, int left) {
    double[] share = shares.get(norm);
    return share == null || left == share.length
        ? Optional.empty()
        : Optional.of(share[left - 1] * Math.sqrt((double) share.length / left));
  }

  private static Map<String, double[]> copy(Map<String, double[]> all) {
    var copy = new LinkedHashMap<String, double[]>();
    all.forEach((name, values) -> copy.put(name, values.clone()));
    return copy;
  }
}
