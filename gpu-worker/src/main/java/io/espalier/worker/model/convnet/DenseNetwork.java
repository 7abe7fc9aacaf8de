package io.espalier.worker.model.convnet;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The forward pass of a DenseNet. How many layers a block has follows from which tensors there are,
 * and every width from their shapes.
 */
record DenseNetwork(Modules modules) {
  /*
   * stem         7 × 7 convolution, norm, rectifier, max pool       features.conv0, norm0
   * layer        norm, rectifier, 1 × 1 convolution,                features.denseblockB.denselayerL
   *              norm, rectifier, 3 × 3 convolution;                norm1, conv1, norm2, conv2
   *              what comes out is put behind what went in
   * transition   norm, rectifier, 1 × 1 convolution, average pool   features.transitionB, between blocks
   * end          norm, rectifier                                    features.norm5
   */

  /** Stem, one section per layer and transition, the last normalisation, classifier. */
  static List<Section> sections(Weights weights) {
    Modules modules = Modules.of(weights);
    var sections = new ArrayList<Section>();
    sections.add(section(modules, List.of("features.conv0", "features.norm0"), DenseNetwork::stem));
    for (int b = 1; weights.has(layer(b, 1) + ".conv1.weight"); b++) {
      String transition = "features.transition" + (b - 1);
      if (weights.has(transition + ".conv.weight")) {
        sections.add(
            section(modules, List.of(transition), (net, x) -> net.transition(transition, x)));
      }
      for (int i = 1; weights.has(layer(b, i) + ".conv1.weight"); i++) {
        String layer = layer(b, i);
        sections.add(section(modules, List.of(layer), (net, x) -> net.layer(layer, x)));
      }
    }
    String last = "features.norm5";
    sections.add(section(modules, List.of(last), (net, x) -> net.modules.normRelu(last, x)));
    String head = "classifier";
    sections.add(section(modules, List.of(head), (net, x) -> net.modules.classify(head, x)));
    return sections;
  }

  @FunctionalInterface
  private interface Step {
    NDArray apply(DenseNetwork network, NDArray x);
  }

  private static Section section(Modules modules, List<String> names, Step step) {
    return new Section(names, (x, mode) -> step.apply(new DenseNetwork(modules.in(mode)), x));
  }

  /** Images → (batch, channels, h / 4, w / 4). */
  private NDArray stem(NDArray images) {
    NDArray x = modules.conv("features.conv0", images); // (batch, channels, h / 2, w / 2)
    return FeatureMaps.maxPool(modules.normRelu("features.norm0", x), 3, 2, 1);
  }

  /** (batch, channels, h, w) → (batch, channels + new ones, h, w). */
  private NDArray layer(String layer, NDArray x) {
    NDArray inner = modules.conv(layer + ".conv1", modules.normRelu(layer + ".norm1", x));
    NDArray added = modules.conv(layer + ".conv2", modules.normRelu(layer + ".norm2", inner));
    return FeatureMaps.concatChannels(x, added);
  }

  /** (batch, channels, h, w) → (batch, fewer, h / 2, w / 2). */
  private NDArray transition(String transition, NDArray x) {
    NDArray fewer = modules.conv(transition + ".conv", modules.normRelu(transition + ".norm", x));
    return FeatureMaps.averagePoolInside(fewer, 2, 2);
  }

  private static String layer(int block, int index) {
    return String.format(Locale.ROOT, "features.denseblock%d.denselayer%d", block, index);
  }
}
