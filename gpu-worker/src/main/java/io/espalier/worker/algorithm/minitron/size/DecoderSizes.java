package io.espalier.worker.algorithm.minitron.size;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Sizes of a decoder whose layers are all alike, or those with experts and those without.
 *
 * @param hidden channels of the residual stream
 * @param neurons feed-forward neurons of a layer without experts; 0 if all have experts
 * @param experts of a layer that has any; 0 if none has
 * @param expertNeurons feed-forward neurons of an expert; 0 if there is none
 * @param sharedNeurons feed-forward neurons of the expert that all tokens of a layer share; 0 if
 *     there is none
 * @param heads attention heads of a layer
 * @param groups heads of keys and values of a layer, each of which equally many heads ask; as many
 *     as heads where each has its own
 * @param layers how many there are
 */
public record DecoderSizes(
    int hidden,
    int neurons,
    int experts,
    int expertNeurons,
    int sharedNeurons,
    int heads,
    int groups,
    int layers) {
  /** Sizes; all are positive but for what there is none of, and each group has as many heads. */
  public DecoderSizes {
    boolean read = Math.max(neurons, experts) > 0 && (experts > 0) == (expertNeurons > 0);
    boolean attended = groups > 0 && heads > 0 && heads % groups == 0;
    boolean shared = sharedNeurons == 0 || (sharedNeurons > 0 && experts > 0);
    boolean positive = hidden > 0 && layers > 0 && Math.min(neurons, experts) >= 0;
    if (!positive || !read || !shared || !attended) {
      throw new IllegalArgumentException(
          "hidden %d, neurons %d, %d experts of %d and %d shared, %d heads in %d groups, %d layers"
              .formatted(
                  hidden, neurons, experts, expertNeurons, sharedNeurons, heads, groups, layers));
    }
  }

  /** Sizes by their kind; there is nothing of what is not named. */
  public static DecoderSizes of(Map<DecoderDimension, Integer> sizes) {
    return new DecoderSizes(
        sizes.getOrDefault(DecoderDimension.HIDDEN, 0),
        sizes.getOrDefault(DecoderDimension.NEURONS, 0),
        sizes.getOrDefault(DecoderDimension.EXPERTS, 0),
        sizes.getOrDefault(DecoderDimension.EXPERT_NEURONS, 0),
        sizes.getOrDefault(DecoderDimension.SHARED_NEURONS, 0),
        sizes.getOrDefault(DecoderDimension.HEADS, 0),
        sizes.getOrDefault(DecoderDimension.GROUPS, 0),
        sizes.getOrDefault(DecoderDimension.LAYERS, 0));
  }

  /** Sizes of a decoder without experts. */
  public DecoderSizes(int hidden, int neurons, int heads, int groups, int layers) {
    this(hidden, neurons, 0, 0, 0, heads, groups, layers);
  }

  /** The same with another number of layers. */
  public DecoderSizes withLayers(int others) {
    return new DecoderSizes(
        hidden, neurons, experts, expertNeurons, sharedNeurons, heads, groups, others);
  }

  /** Heads that ask the same keys and values. */
  public int headsPerGroup() {
    return heads / groups;
  }

  /** One of them. */
  public int of(DecoderDimension size) {
    return switch (size) {
      case HIDDEN -> hidden;
      case NEURONS -> neurons;
      case EXPERTS -> experts;
      case EXPERT_NEURONS -> expertNeurons;
      case SHARED_NEURONS -> sharedNeurons;
      case HEADS -> heads;
      case GROUPS -> groups;
      case LAYERS -> layers;
    };
  }

  /** Returns whether there is anything that it is the size of. */
  public boolean has(DecoderDimension size) {
    return of(size) > 0;
  }

  /** All that there are by what policies call them, such as {@code hidden_size}. */
  public Map<String, Integer> byKey() {
    var sizes = new LinkedHashMap<String, Integer>();
    Arrays.stream(DecoderDimension.values())
        .filter(this::has)
        .forEach(size -> sizes.put(size.keys().get(0), of(size)));
    return sizes;
  }

  /** All of them in words. */
  @Override
  public String toString() {
    return Arrays.stream(DecoderDimension.values())
        .filter(this::has)
        .map(size -> size.word() + " " + of(size))
        .collect(Collectors.joining(", "));
  }
}
