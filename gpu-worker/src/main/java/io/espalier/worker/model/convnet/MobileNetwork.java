package io.espalier.worker.model.convnet;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The forward pass of a network of mobile blocks: kinds of the variant, strides of the
 * architecture's layers, every width from the tensors' shapes, and an addition where input and
 * output of a block lie along one axis.
 */
record MobileNetwork(MobileDesign design, Modules modules) {
  /*
   * stem      3 × 3 convolution, stride 2                               conv_stem, bn1
   * block     separable: depthwise, squeeze, 1 × 1                      conv_dw, se, conv_pw
   *           inverted: 1 × 1, depthwise, squeeze, 1 × 1                conv_pw, conv_dw, se, conv_pwl
   *           plain: one convolution                                    conv
   * squeeze   mean over space, 1 × 1, 1 × 1, gate on each channel       se.conv_reduce, se.conv_expand
   * head      V2, EfficientNet: 1 × 1 convolution, mean, classifier     conv_head, bn2, classifier
   *           V3: mean, 1 × 1 convolution with bias, classifier         conv_head, classifier
   */

  /** Stem, one section per block, the head's convolution if it has positions, and the rest. */
  static List<Section> sections(MobileVariant variant, Weights weights) {
    Modules modules = Modules.of(weights);
    Function<Mode, MobileNetwork> pass =
        mode -> new MobileNetwork(variant.design(), modules.in(mode));
    var sections = new ArrayList<Section>();
    sections.add(new Section(List.of("conv_stem", "bn1"), (x, mode) -> pass.apply(mode).stem(x)));
    Map<String, Layer> table =
        weights.architecture().layers().stream()
            .collect(Collectors.toMap(Layer::module, Function.identity()));
    for (int stage = 0; stage < variant.stages().size(); stage++) {
      List<MobileBlock> blocks = variant.stages().get(stage);
      for (int i = 0; i < blocks.size(); i++) {
        MobileBlock block = blocks.get(i);
        String module = String.format(Locale.ROOT, "blocks.%d.%d", stage, i);
        boolean adds = adds(table, module + ".", block);
        sections.add(
            new Section(
                List.of(module),
                (x, mode) -> pass.apply(mode).block(module + ".", block, x, adds)));
      }
    }
    sections.addAll(head(variant.design(), pass));
    return sections;
  }

  private static List<Section> head(MobileDesign design, Function<Mode, MobileNetwork> pass) {
    return design.poolsBeforeHead()
        ? List.of(
            new Section(
                List.of("conv_head", "classifier"), (x, mode) -> pass.apply(mode).lateHead(x)))
        : List.of(
            new Section(List.of("conv_head", "bn2"), (x, mode) -> pass.apply(mode).head(x)),
            new Section(List.of("classifier"), (x, mode) -> pass.apply(mode).classify(x)));
  }

  /** Returns whether a block's input and output are one axis, which they are where it adds them. */
  private static boolean adds(Map<String, Layer> table, String module, MobileBlock block) {
    Dimension in =
        switch (block.kind()) {
          case SEPARABLE -> layer(table, module + "conv_dw").out();
          case INVERTED -> layer(table, module + "conv_pw").in();
          case PLAIN -> layer(table, module + "conv").in();
        };
    return in.equals(layer(table, module + block.last()).out());
  }

  private static Layer layer(Map<String, Layer> table, String module) {
    return Objects.requireNonNull(table.get(module), module);
  }

  private NDArray stem(NDArray images) {
    NDArray x = modules.norm("bn1", modules.conv("conv_stem", images));
    return design.activation().of(x); // (batch, channels, h / 2, w / 2)
  }

  private NDArray block(String module, MobileBlock block, NDArray x, boolean adds) {
    NDArray out =
        switch (block.kind()) {
          case SEPARABLE -> separable(module, block, x);
          case INVERTED -> inverted(module, block, x);
          case PLAIN -> plain(module, block, x);
        };
    return adds ? modules.sum(out, x) : out;
  }

  private NDArray separable(String module, MobileBlock block, NDArray x) {
    NDArray inner = depthwise(module, "bn1", block, x);
    return modules.norm(module + "bn2", modules.conv(module + "conv_pw", inner));
  }

  private NDArray inverted(String module, MobileBlock block, NDArray x) {
    NDArray wide = modules.norm(module + "bn1", modules.conv(module + "conv_pw", x));
    NDArray inner = depthwise(module, "bn2", block, block.activation().of(wide));
    return modules.norm(module + "bn3", modules.conv(module + "conv_pwl", inner));
  }

  private NDArray plain(String module, MobileBlock block, NDArray x) {
    NDArray out = modules.conv(module + "conv", x);
    return block.activation().of(modules.norm(module + "bn1", out));
  }

  private NDArray depthwise(String module, String norm, MobileBlock block, NDArray x) {
    NDArray out = modules.conv(module + "conv_dw", x);
    NDArray activated = block.activation().of(modules.norm(module + norm, out));
    return block.squeezed() ? squeeze(module + "se.", activated) : activated;
  }

  private NDArray squeeze(String module, NDArray x) {
    NDArray mean = FeatureMaps.averagePoolTo(x, 1, 1); // (batch, channels, 1, 1)
    NDArray reduced = modules.conv(module + "conv_reduce", mean);
    NDArray expanded = modules.conv(module + "conv_expand", design.squeezeActivation().of(reduced));
    return Tensors.multiply(x, design.gate(expanded));
  }

  private NDArray head(NDArray x) {
    return design.activation().of(modules.norm("bn2", modules.conv("conv_head", x)));
  }

  private NDArray classify(NDArray features) {
    return modules.classify("classifier", features); // (batch, classes)
  }

  private NDArray lateHead(NDArray features) {
    NDArray mean = FeatureMaps.averagePoolTo(features, 1, 1); // (batch, channels, 1, 1)
    NDArray head = design.activation().of(modules.conv("conv_head", mean));
    return classify(head);
  }
}
