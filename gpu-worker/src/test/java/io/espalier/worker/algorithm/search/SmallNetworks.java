package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Chains of convolutions, small enough to try every choice. */
final class SmallNetworks {
  private SmallNetworks() {}

  /** A chain of 3x3 convolutions of these widths over 3 input channels; the last is not cut. */
  static Architecture chain(List<Integer> widths) {
    var axes = new ArrayList<Axis>();
    var layers = new ArrayList<Layer>();
    var tensors = new ArrayList<TensorSpec>();
    Dimension in = Dimension.fixed(3);
    for (int i = 0; i < widths.size(); i++) {
      Axis axis = new Axis("conv" + i + ".out", widths.get(i));
      axes.add(axis);
      Dimension out = Dimension.along(axis);
      String weight = "conv" + i + ".weight";
      layers.add(new Layer(weight, out, in, new Window(3, 1, 4, 4), false, false));
      tensors.add(
          new TensorSpec(
              weight,
              List.of(out, in, Dimension.fixed(3), Dimension.fixed(3)),
              TensorSpec.Role.PARAMETER));
      in = out;
    }
    String last = axes.get(axes.size() - 1).name();
    return new Architecture("chain", "chain", tensors, axes, layers, Map.of(last, "the output"));
  }
}
