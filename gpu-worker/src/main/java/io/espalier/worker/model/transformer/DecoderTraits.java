package io.espalier.worker.model.transformer;

import io.espalier.worker.model.transformer.rope.Rotation;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Traits of only some decoders.
 *
 * @param scaledEmbedding whether embeddings are multiplied by the square root of the hidden size
 * @param scoreCap what scores of tokens are kept within, by a hyperbolic tangent, if they are
 * @param nearRotation what queries and keys are turned by in layers that see only near tokens, if
 *     by another rotation than in the others
 * @param layerTypes what {@code layer_types} of config.json has to say of each layer, if silence
 *     there means a pattern by the layers' numbers
 */
record DecoderTraits(
    boolean scaledEmbedding,
    OptionalDouble scoreCap,
    Optional<Rotation> nearRotation,
    Optional<List<String>> layerTypes) {
  /** Nothing of the kind. */
  static final DecoderTraits NONE =
      new DecoderTraits(false, OptionalDouble.empty(), Optional.empty(), Optional.empty());

  /** Traits; the list is copied. */
  DecoderTraits {
    layerTypes = layerTypes.map(List::copyOf);
  }
}
