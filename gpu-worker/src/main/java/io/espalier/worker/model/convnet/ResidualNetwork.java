package io.espalier.worker.model.convnet;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/**
 * The forward pass of a residual network. Which variant it is follows from which tensors there are,
 * every width from their shapes, and where height and width are halved from the architecture's
 * layers.
 */
record ResidualNetwork(Modules modules, ResnetNames names) {
  /*
   * By timm's names; transformers has the same by others, without the "d" and 32 × 32 networks.
   *
   * stem         7 × 7 convolution, max pool           conv1 of size 7
   *              three 3 × 3 convolutions, max pool    conv1.0, conv1.3, conv1.6 (timm's "d" networks)
   *              3 × 3 convolution                     conv1 of size 3 (the networks for 32 × 32)
   * block        basic: conv1, conv2                   stages after the first halve height and width,
   *              bottleneck: conv1, conv2, conv3       in the first 3 × 3 of their first block
   * shortcut     identity                              no tensor, same shape
   *              1 × 1 convolution with stride         downsample.0, downsample.1
   *              average pool, 1 × 1 convolution       downsample.1, downsample.2
   *              every second pixel, zero channels     no tensor, another shape (32 × 32; He et al.'s
   *              on both sides                         option A)
   */

  /** Stem, one section per block, classifier. */
  static List<Section> sections(Weights weights) {
    Modules modules = Modules.of(weights);
    ResnetNames names = ResnetNames.of(weights);
    var sections = new ArrayList<Section>();
    sections.add(
        new Section(
            List.of(names.stem(), names.stemNorm()),
            (x, mode) -> new ResidualNetwork(modules.in(mode), names).stem(x)));
    for (int stage = 1; has(modules, names, stage, 0); stage++) {
      for (int i = 0; has(modules, names, stage, i); i++) {
        String block = names.block(stage, i);
        sections.add(
            new Section(
                List.of(block),
                (x, mode) -> new ResidualNetwork(modules.in(mode), names).block(block, x)));
      }
    }
    String head = names.classifier();
    sections.add(new Section(List.of(head), (x, mode) -> modules.in(mode).classify(head, x)));
    return sections;
  }

  private static boolean has(Modules modules, ResnetNames names, int stage, int index) {
    return modules.has(names.conv(names.block(stage, index), 1));
  }

  /** Returns what comes before the first stage. */
  private NDArray stem(NDArray images) {
    String stem = names.stem();
    String norm = names.stemNorm();
    if (modules.has(stem + ".0")) {
      NDArray x = modules.normRelu(stem + ".1", modules.conv(stem + ".0", images));
      x = modules.normRelu(stem + ".4", modules.conv(stem + ".3", x));
      x = modules.normRelu(norm, modules.conv(stem + ".6", x)); // (batch, channels, h / 2, w / 2)
      return FeatureMaps.maxPool(x, 3, 2, 1); // (batch, channels, h / 4, w / 4)
    }
    NDArray x = modules.normRelu(norm, modules.conv(stem, images));
    return modules.kernel(stem) == 3
        ? x // (batch, channels, h, w)
        : FeatureMaps.maxPool(x, 3, 2, 1); // (batch, channels, h / 4, w / 4)
  }

  private NDArray block(String block, NDArray x) {
    int last = modules.has(names.conv(block, 3)) ? 3 : 2;
    NDArray inner = x;
    int stride = 1;
    for (int i = 1; i < last; i++) {
      String conv = names.conv(block, i);
      inner = modules.normRelu(names.norm(block, i), modules.conv(conv, inner));
      stride *= modules.stride(conv);
    }
    NDArray residual =
        modules.norm(names.norm(block, last), modules.conv(names.conv(block, last), inner));
    return Tensors.relu(
        modules.sum(residual, shortcut(block, x, stride, residual.getShape().get(1))));
  }

  private NDArray shortcut(String block, NDArray x, int stride, long width) {
    List<String> projection = names.projection(block, false);
    if (modules.has(projection.get(0))) {
      return modules.norm(projection.get(1), modules.conv(projection.get(0), x));
    }
    List<String> pooled = names.projection(block, true);
    if (modules.has(pooled.get(0))) {
      NDArray means = stride == 1 ? x : FeatureMaps.averagePool(x, 2, stride);
      return modules.norm(pooled.get(1), modules.conv(pooled.get(0), means));
    }
    long missing = width - x.getShape().get(1);
    return FeatureMaps.padChannels(
        FeatureMaps.subsample(x, stride), missing / 2, missing - missing / 2);
  }
}
