package io.espalier.worker.domain.job;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Result of reconstruction for a model: which layers it solved for, and which of the versions of
 * the model was best on held-out samples and went out.
 *
 * @param layers in the order in which they were solved for
 * @param versions that were compared; the first is the plain cut
 * @param samples images, sequences or tokens that they were compared on
 */
public record Reconstruction(
    List<LayerReconstruction> layers, List<Version> versions, long samples) {
  /** Name of the version whose weights are all the original's. */
  public static final String PLAIN = "plain cut";

  /** Name of the version with solved weights. */
  public static final String RECONSTRUCTED = "reconstructed";

  /**
   * A version of the model.
   *
   * @param name what it is
   * @param divergence from what the original says, in nats: the mean Kullback-Leibler divergence,
   *     not a number if it says what is none
   */
  public record Version(String name, double divergence) {}

  /** Records what was done; copies the lists. */
  public Reconstruction {
    layers = List.copyOf(layers);
    versions = List.copyOf(versions);
    if (versions.isEmpty()) {
      throw new IllegalArgumentException("there is no version of the model to choose from");
    }
  }

  /** The version that goes out: the closest to the original, the first of equals. */
  public Version chosen() {
    return versions.stream()
        .min(Comparator.comparingDouble(Version::divergence)) // what is no number comes last
        .orElseThrow();
  }

  /** Names of the weights that were solved for and go out; none if the plain cut does. */
  public Set<String> solved() {
    return isUsed()
        ? layers.stream()
            .filter(LayerReconstruction::solved)
            .map(LayerReconstruction::layer)
            .collect(Collectors.toSet())
        : Set.of();
  }

  /** Returns whether weights that were solved for go out. */
  public boolean isUsed() {
    return !chosen().name().equals(PLAIN);
  }
}
