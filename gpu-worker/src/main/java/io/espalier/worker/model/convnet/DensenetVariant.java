package io.espalier.worker.model.convnet;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One member of the DenseNet family where its config.json says nothing else.
 *
 * @param blocks number of layers per block
 * @param growthRate channels that a layer adds
 */
record DensenetVariant(List<Integer> blocks, int growthRate) {
  private static final Map<String, DensenetVariant> VARIANTS =
      Map.of(
          "densenet121", new DensenetVariant(List.of(6, 12, 24, 16), 32),
          "densenet161", new DensenetVariant(List.of(6, 12, 36, 24), 48),
          "densenet169", new DensenetVariant(List.of(6, 12, 32, 32), 32),
          "densenet201", new DensenetVariant(List.of(6, 12, 48, 32), 32));

  /** Known variants. */
  static final List<String> KNOWN = VARIANTS.keySet().stream().sorted().toList();

  DensenetVariant {
    blocks = List.copyOf(blocks);
  }

  /** The variant of a name as timm writes it, or empty if it is none of ours. */
  static Optional<DensenetVariant> of(String architecture) {
    return Optional.ofNullable(VARIANTS.get(architecture));
  }
}
