package io.espalier.worker.algorithm.layerwise;

import io.espalier.worker.algorithm.minitron.rotate.KeptDirections;
import java.util.List;
import java.util.Optional;

/**
 * Origins of a student's layers and stream in its teacher.
 *
 * @param layers for each layer of the student, which of the teacher's it was, ascending
 * @param channels for each channel of the student's stream, which of the teacher's it was; empty if
 *     it has all, or none since it was rotated
 * @param directions those of the teacher's stream that the student's runs along, if it was rotated
 */
public record LayerOrigins(
    List<Integer> layers, List<Integer> channels, Optional<KeptDirections> directions) {
  /** Origins; copies the lists. */
  public LayerOrigins {
    layers = List.copyOf(layers);
    channels = List.copyOf(channels);
  }

  /** Origins of a stream that was not rotated. */
  public LayerOrigins(List<Integer> layers, List<Integer> channels) {
    this(layers, channels, Optional.empty());
  }
}
