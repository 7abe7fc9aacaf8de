package io.espalier.worker.algorithm.minitron;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How large a decoder is whose layers are all alike.
 *
 * @param hidden channels of the residual stream
 * @param neurons feed-forward neurons of a layer
 * @param heads attention heads of a layer
 * @param groups heads of keys and values of a layer, each of which equally many heads ask; as many
 *     as heads where each has its own
 * @param layers how many there are
 */
public record Sizes(int hidden, int neurons, int heads, int groups, int layers) {
  /** Sizes; all are positive, and each group has as many heads. */
  public Sizes {
    if (hidden < 1 || neurons < 1 || groups < 1 || layers < 1 || heads < 1 || heads % groups != 0) {
      throw new IllegalArgumentException(
          "hidden %d, neurons %d, %d heads in %d groups, %d layers"
              .formatted(hidden, neurons, heads, groups, layers));
    }
  }

  /** Heads that ask the same keys and values. */
  public int headsPerGroup() {
    return heads / groups;
  }

  /** One of them. */
  public int of(Size size) {
    return switch (size) {
      case HIDDEN -> hidden;
      case NEURONS -> neurons;
      case HEADS -> heads;
      case GROUPS -> groups;
      case LAYERS -> layers;
    };
  }

  /** All of them by their words. */
  public Map<String, Integer> toMap() {
    var map = new LinkedHashMap<String, Integer>();
    for (Size size : Size.values()) {
      map.put(size.word(), of(size));
    }
    return map;
  }

  /** All of them in words. */
  @Override
  public String toString() {
    return Arrays.stream(Size.values())
        .map(size -> size.word() + " " + of(size))
        .collect(Collectors.joining(", "));
  }
}
