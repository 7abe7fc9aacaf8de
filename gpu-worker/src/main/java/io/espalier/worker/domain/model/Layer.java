package io.espalier.worker.domain.model;

import java.util.Optional;

/**
 * A convolution or linear layer, as the cost model sees it.
 *
 * <p>FLOPs are 2 × multiply-accumulates: {@code 2 × out × in × area × positions}. Bias,
 * normalisation, pooling and activations are not counted (ModelOpt with torchprofile counts the
 * same, plus the global mean).
 *
 * @param weight name of its weight tensor
 * @param out its output dimension
 * @param in what each output reads: the input dimension, or a fixed 1 if the layer is depthwise
 * @param window kernel, stride and output size
 * @param depthwise whether each output reads the input of the same place in its own dimension
 * @param bias whether it has a bias per output
 */
public record Layer(
    String weight, Dimension out, Dimension in, Window window, boolean depthwise, boolean bias) {

  /** A layer; a depthwise one reads a single input per output. */
  public Layer {
    if (depthwise && in.size() != 1) {
      throw new IllegalArgumentException(
          "depthwise layer '%s' reads %d inputs per output".formatted(weight, in.size()));
    }
  }

  /**
   * The stretch along the one axis that it writes; the first if there are several along the same,
   * as in a fused projection. Empty if it writes no axis, or several.
   */
  public Optional<Dimension.Along> written() {
    return out.parts().stream()
        .findFirst()
        .filter(first -> out.parts().stream().allMatch(part -> part.axis().equals(first.axis())));
  }

  /** Name of the module, which is that of the weight without its last part. */
  public String module() {
    int dot = weight.lastIndexOf('.');
    return dot < 0 ? weight : weight.substring(0, dot);
  }
}
