package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.convnet.VggArchitecture.HEAD_KERNEL;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/** The forward pass of a VGG: pools where the variant has them, widths from the tensors' shapes. */
record VggNetwork(Modules modules) {
  /** One section per convolution with what follows it, then the head. */
  static List<Section> sections(VggVariant variant, Weights weights) {
    Modules modules = Modules.of(weights);
    var sections = new ArrayList<Section>();
    for (VggVariant.Step step : variant.steps()) {
      sections.add(
          new Section(
              List.of(step.convolution(), step.norm()),
              (x, mode) -> new VggNetwork(modules.in(mode)).step(step, x)));
    }
    sections.add(
        new Section(
            List.of("pre_logits", "head"),
            (x, mode) -> new VggNetwork(modules.in(mode)).classify(x)));
    return sections;
  }

  private NDArray step(VggVariant.Step step, NDArray x) {
    NDArray out = modules.norm(step.norm(), modules.conv(step.convolution(), x));
    return step.pooled() ? FeatureMaps.maxPool(Tensors.relu(out), 2, 2, 0) : Tensors.relu(out);
  }

  /** Last feature map → class scores (batch, classes). */
  private NDArray classify(NDArray features) {
    NDArray x = Tensors.relu(modules.conv("pre_logits.fc1", atLeastOneWindow(features), 0));
    x = Tensors.relu(modules.conv("pre_logits.fc2", x)); // (batch, channels, h - 6, w - 6)
    return modules.classify("head.fc", x);
  }

  /** Feature maps that are too small for the head's kernel are pooled up to its size. */
  private static NDArray atLeastOneWindow(NDArray x) {
    Shape shape = x.getShape();
    long height = Math.max(HEAD_KERNEL, shape.get(2));
    long width = Math.max(HEAD_KERNEL, shape.get(3));
    return height == shape.get(2) && width == shape.get(3)
        ? x
        : FeatureMaps.averagePoolTo(x, height, width);
  }
}
