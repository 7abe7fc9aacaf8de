package io.espalier.worker.model.convnet;

import io.espalier.worker.data.InputSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One member of the ResNet family: how many blocks of which kind, and how it begins.
 *
 * @param blocks number of blocks per stage
 * @param bottleneck whether blocks are 1x1, 3x3, 1x1 (He et al. 2015, the right half of figure 5)
 * @param cifar whether it is the network of section 4.2 for small images: a 3x3 stem, three stages,
 *     shortcuts without parameters
 * @param deep whether it is a "d" variant (He et al. 2018, "Bag of Tricks"): a stem of three 3x3
 *     convolutions, and shortcuts that average before they project
 */
record ResnetVariant(List<Integer> blocks, boolean bottleneck, boolean cifar, boolean deep) {
  private static final Pattern CIFAR = Pattern.compile("cifar_resnet(\\d{1,4})");
  private static final Pattern IMAGENET = Pattern.compile("resnet(\\d{2,3})(d?)");
  private static final int LARGEST_CIFAR = 1202;
  private static final Map<String, List<Integer>> IMAGENET_BLOCKS =
      Map.of(
          "18", List.of(2, 2, 2, 2),
          "26", List.of(2, 2, 2, 2),
          "34", List.of(3, 4, 6, 3),
          "50", List.of(3, 4, 6, 3),
          "101", List.of(3, 4, 23, 3),
          "152", List.of(3, 8, 36, 3));

  /** Known variants, in words. */
  static final String KNOWN =
      "cifar_resnet20, 32, 44, 56, 110 (or any other 6n+2), resnet18, 26, 34, 50, 101, 152 and the"
          + " same with 'd'";

  ResnetVariant {
    blocks = List.copyOf(blocks);
  }

  /** The variant of a name as timm writes it, or empty if it is none of ours. */
  static Optional<ResnetVariant> of(String architecture) {
    Matcher cifar = CIFAR.matcher(architecture);
    if (cifar.matches()) {
      return cifar(Integer.parseInt(cifar.group(1)));
    }
    Matcher imagenet = IMAGENET.matcher(architecture);
    if (!imagenet.matches()) {
      return Optional.empty();
    }
    String depth = imagenet.group(1);
    boolean bottleneck = !depth.equals("18") && !depth.equals("34");
    boolean deep = !imagenet.group(2).isEmpty();
    return Optional.ofNullable(IMAGENET_BLOCKS.get(depth))
        .map(blocks -> new ResnetVariant(blocks, bottleneck, false, deep));
  }

  /** Channels that a block widens its inner width by. */
  int expansion() {
    return bottleneck ? 4 : 1;
  }

  /** Inner widths of the stages where nothing else is said. */
  List<Integer> stageWidths() {
    return cifar ? List.of(16, 32, 64) : List.of(64, 128, 256, 512);
  }

  /** The images that it was made for. */
  InputSpec usualInput() {
    return cifar ? InputSpec.CIFAR : InputSpec.IMAGENET;
  }

  private static Optional<ResnetVariant> cifar(int depth) {
    int blocks = (depth - 2) / 6;
    return depth >= 8 && depth <= LARGEST_CIFAR && depth == 6 * blocks + 2
        ? Optional.of(new ResnetVariant(List.of(blocks, blocks, blocks), false, true, false))
        : Optional.empty();
  }
}
