package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/** Shapes of what leaves each section of a network that reads images, found by a pass of one. */
public final class FeatureShapes {
  private FeatureShapes() {}

  /** Sizes behind each section, those of the batch first; (1, channels, h, w) of feature maps. */
  public static List<List<Long>> of(VisionFamily family, Weights weights, InputSpec input) {
    List<List<Long>> shapes = new ArrayList<>();
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] black = new float[input.channels() * input.height() * input.width()];
      NDArray x =
          Tensors.images(manager, black, 1, input.channels(), input.height(), input.width());
      for (Section section : family.sections(weights)) {
        x = section.forward(x, Mode.EVALUATE);
        shapes.add(LongStream.of(x.getShape().getShape()).boxed().toList());
      }
    }
    return shapes;
  }
}
