package io.espalier.worker.model.convnet;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One member of the VGG family: how many 3 × 3 convolutions there are before each of five pools,
 * each with a BatchNorm (Simonyan and Zisserman, arXiv 1409.1556, table 1, columns A, B, D and E).
 *
 * @param convolutions their number per stage
 */
record VggVariant(List<Integer> convolutions) {
  private static final List<Integer> STAGE_WIDTHS = List.of(64, 128, 256, 512, 512);
  private static final Map<String, VggVariant> VARIANTS =
      Map.of(
          "vgg11_bn", new VggVariant(List.of(1, 1, 2, 2, 2)),
          "vgg13_bn", new VggVariant(List.of(2, 2, 2, 2, 2)),
          "vgg16_bn", new VggVariant(List.of(2, 2, 3, 3, 3)),
          "vgg19_bn", new VggVariant(List.of(2, 2, 4, 4, 4)));

  /** Known variants, in words. */
  static final String KNOWN = "vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn (not those without _bn)";

  VggVariant {
    convolutions = List.copyOf(convolutions);
  }

  /**
   * A convolution.
   *
   * @param index its place among timm's {@code features}, which count activations and pools too
   * @param width channels that it writes where nothing else is said
   * @param pooled whether a pool follows
   */
  record Step(int index, int width, boolean pooled) {
    String convolution() {
      return "features." + index;
    }

    String norm() {
      return "features." + (index + 1);
    }
  }

  /** The variant of a name as timm writes it, or empty if it is none of ours. */
  static Optional<VggVariant> of(String architecture) {
    return Optional.ofNullable(VARIANTS.get(architecture));
  }

  /** Its convolutions in order. */
  List<Step> steps() {
    var steps = new ArrayList<Step>();
    int index = 0;
    for (int stage = 0; stage < convolutions.size(); stage++) {
      for (int i = 1; i <= convolutions.get(stage); i++) {
        boolean pooled = i == convolutions.get(stage);
        steps.add(new Step(index, STAGE_WIDTHS.get(stage), pooled));
        index += pooled ? 4 : 3;
      }
    }
    return steps;
  }
}
