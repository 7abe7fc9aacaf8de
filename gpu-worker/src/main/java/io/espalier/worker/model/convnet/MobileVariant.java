package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.convnet.MobileDesign.EFFICIENTNET;
import static io.espalier.worker.model.convnet.MobileDesign.MOBILENET_V2;
import static io.espalier.worker.model.convnet.MobileDesign.MOBILENET_V3;

import io.espalier.worker.model.convnet.MobileBlock.Kind;
import io.espalier.worker.model.family.Activation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One member of the mobile families: its blocks, and how much wider or narrower it is than the
 * network of its paper.
 *
 * @param design what it shares with others
 * @param stages its blocks, stage by stage
 * @param head width of the convolution before the classifier in a network that is not scaled
 * @param multiplier what widths are multiplied by
 * @param fixedEnds whether stem and head are not scaled (timm's deeper MobileNet V2)
 */
record MobileVariant(
    MobileDesign design,
    List<List<MobileBlock>> stages,
    int head,
    double multiplier,
    boolean fixedEnds) {

  private static final Pattern V2 = Pattern.compile("mobilenetv2_(035|050|075|100|110d|120d|140)");
  private static final Pattern V3_SMALL = Pattern.compile("mobilenetv3_small_(050|075|100)");
  private static final Pattern V3_LARGE = Pattern.compile("mobilenetv3_large_(075|100)");
  private static final Pattern B = Pattern.compile("efficientnet_b([0-8])");

  /** Depth of the networks named with a final d, relative to their paper's. */
  private static final Map<String, Double> DEPTHS = Map.of("110d", 1.2, "120d", 1.4);

  /** Width and depth of EfficientNet B0 to B8, by B0's. */
  private static final double[][] COMPOUND = {
    {1.0, 1.0},
    {1.0, 1.1},
    {1.1, 1.2},
    {1.2, 1.4},
    {1.4, 1.8},
    {1.6, 2.2},
    {1.8, 2.6},
    {2.0, 3.1},
    {2.2, 3.6}
  };

  /** Known variants of the MobileNets, in words. */
  static final String KNOWN_MOBILENETS =
      "mobilenetv2_035, 050, 075, 100, 110d, 120d, 140, mobilenetv3_small_050, 075, 100,"
          + " mobilenetv3_large_075, 100 (not tf_..., which pads otherwise, nor ..._minimal_...)";

  /** Known variants of the EfficientNets, in words. */
  static final String KNOWN_EFFICIENTNETS =
      "efficientnet_b0 to b8 (not tf_..., which pads and normalises otherwise, nor other suffixes)";

  MobileVariant {
    stages = stages.stream().map(List::copyOf).toList();
  }

  /** The MobileNet of a name as timm writes it, or empty if it is none of ours. */
  static Optional<MobileVariant> mobileNet(String architecture) {
    Matcher v2 = V2.matcher(architecture);
    if (v2.matches()) {
      double depth = DEPTHS.getOrDefault(v2.group(1), 1.0);
      return Optional.of(
          new MobileVariant(
              MOBILENET_V2, v2(depth), 1280, hundredths(v2.group(1)), v2.group(1).endsWith("d")));
    }
    Matcher small = V3_SMALL.matcher(architecture);
    if (small.matches()) {
      return Optional.of(
          new MobileVariant(MOBILENET_V3, v3Small(), 1024, hundredths(small.group(1)), false));
    }
    Matcher large = V3_LARGE.matcher(architecture);
    return large.matches()
        ? Optional.of(
            new MobileVariant(MOBILENET_V3, v3Large(), 1280, hundredths(large.group(1)), false))
        : Optional.empty();
  }

  /** The EfficientNet of a name as timm writes it, or empty if it is none of ours. */
  static Optional<MobileVariant> efficientNet(String architecture) {
    Matcher matcher = B.matcher(architecture);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    double[] compound = COMPOUND[Integer.parseInt(matcher.group(1))];
    return Optional.of(
        new MobileVariant(EFFICIENTNET, efficient(compound[1]), 1280, compound[0], false));
  }

  /** The same with another multiplier of widths. */
  MobileVariant withMultiplier(double other) {
    return new MobileVariant(design, stages, head, other, fixedEnds);
  }

  /** A width as it is in this network. */
  int scaled(int channels) {
    return MobileDesign.divisible(channels * multiplier);
  }

  /** Width of the stem. */
  int stemWidth() {
    boolean fixed = design == MOBILENET_V3 ? multiplier < 0.75 : fixedEnds;
    return fixed ? design.stem() : scaled(design.stem());
  }

  /** Width of the convolution before the classifier. */
  int headWidth() {
    return switch (design) {
      case MOBILENET_V2 -> fixedEnds ? head : Math.max(head, scaled(head));
      case MOBILENET_V3 -> head;
      case EFFICIENTNET -> scaled(head);
    };
  }

  private static double hundredths(String digits) {
    return Integer.parseInt(digits.replace("d", "")) / 100.0;
  }

  /** Table 2 of the paper on MobileNet V2; the first and the last stage are never deepened. */
  private static List<List<MobileBlock>> v2(double depth) {
    Activation act = MOBILENET_V2.activation();
    return List.of(
        List.of(separable(3, 1, 16, act)),
        repeat(2, depth, inverted(3, 2, 6, 24, act)),
        repeat(3, depth, inverted(3, 2, 6, 32, act)),
        repeat(4, depth, inverted(3, 2, 6, 64, act)),
        repeat(3, depth, inverted(3, 1, 6, 96, act)),
        repeat(3, depth, inverted(3, 2, 6, 160, act)),
        List.of(inverted(3, 1, 6, 320, act)));
  }

  /** Table 2 of the paper on MobileNet V3. */
  private static List<List<MobileBlock>> v3Small() {
    Activation act = MOBILENET_V3.activation();
    return List.of(
        List.of(separable(3, 2, 16, Activation.RELU).withSqueeze()),
        List.of(
            inverted(3, 2, 4.5, 24, Activation.RELU), inverted(3, 1, 3.67, 24, Activation.RELU)),
        concat(
            List.of(inverted(5, 2, 4, 40, act).withSqueeze()),
            repeat(2, 1, inverted(5, 1, 6, 40, act).withSqueeze())),
        repeat(2, 1, inverted(5, 1, 3, 48, act).withSqueeze()),
        repeat(3, 1, inverted(5, 2, 6, 96, act).withSqueeze()),
        List.of(plain(576, act)));
  }

  /** Table 1 of the paper on MobileNet V3. */
  private static List<List<MobileBlock>> v3Large() {
    Activation act = MOBILENET_V3.activation();
    return List.of(
        List.of(separable(3, 1, 16, Activation.RELU)),
        List.of(inverted(3, 2, 4, 24, Activation.RELU), inverted(3, 1, 3, 24, Activation.RELU)),
        repeat(3, 1, inverted(5, 2, 3, 40, Activation.RELU).withSqueeze()),
        concat(
            List.of(inverted(3, 2, 6, 80, act), inverted(3, 1, 2.5, 80, act)),
            repeat(2, 1, inverted(3, 1, 2.3, 80, act))),
        repeat(2, 1, inverted(3, 1, 6, 112, act).withSqueeze()),
        repeat(3, 1, inverted(5, 2, 6, 160, act).withSqueeze()),
        List.of(plain(960, act)));
  }

  /** Table 1 of the paper on EfficientNet, deepened. */
  private static List<List<MobileBlock>> efficient(double depth) {
    Activation act = EFFICIENTNET.activation();
    return List.of(
        repeat(1, depth, separable(3, 1, 16, act).withSqueeze()),
        repeat(2, depth, inverted(3, 2, 6, 24, act).withSqueeze()),
        repeat(2, depth, inverted(5, 2, 6, 40, act).withSqueeze()),
        repeat(3, depth, inverted(3, 2, 6, 80, act).withSqueeze()),
        repeat(3, depth, inverted(5, 1, 6, 112, act).withSqueeze()),
        repeat(4, depth, inverted(5, 2, 6, 192, act).withSqueeze()),
        repeat(1, depth, inverted(3, 1, 6, 320, act).withSqueeze()));
  }

  private static List<MobileBlock> repeat(int times, double depth, MobileBlock block) {
    var blocks = new ArrayList<>(List.of(block));
    for (int i = 1; i < Math.ceil(times * depth); i++) {
      blocks.add(block.repeated());
    }
    return blocks;
  }

  private static List<MobileBlock> concat(List<MobileBlock> first, List<MobileBlock> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  private static MobileBlock separable(int kernel, int stride, int channels, Activation act) {
    return new MobileBlock(Kind.SEPARABLE, kernel, stride, 1, channels, false, act);
  }

  private static MobileBlock inverted(
      int kernel, int stride, double expansion, int channels, Activation act) {
    return new MobileBlock(Kind.INVERTED, kernel, stride, expansion, channels, false, act);
  }

  private static MobileBlock plain(int channels, Activation act) {
    return new MobileBlock(Kind.PLAIN, 1, 1, 1, channels, false, act);
  }
}
