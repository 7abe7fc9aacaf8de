package io.espalier.worker.algorithm.distill;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;

/**
 * Distance of vectors, (rows, width), from a teacher's; differentiable by the first.
 *
 * <p>Source: ModelOpt {@code modelopt/torch/distill/plugins/megatron.py}, {@code MSELoss} and
 * {@code HiddenStateCosineLoss}.
 */
public enum FeatureLoss {
  /** Mean over the width of the squares of what differs. */
  SQUARED_ERROR {
    @Override
    NDArray rows(NDArray student, NDArray teacher) {
      NDArray squares = Tensors.square(Tensors.subtract(student, teacher)); // (rows, width)
      return Tensors.scale(Tensors.sum(squares, 1), 1.0 / student.getShape().get(1));
    }
  },
  /** One minus the cosine of the angle; lengths do not count. */
  COSINE {
    @Override
    NDArray rows(NDArray student, NDArray teacher) {
      NDArray products = Tensors.multiply(Tensors.unitRows(student), Tensors.unitRows(teacher));
      return Tensors.add(Tensors.negate(Tensors.sum(products, 1)), 1);
    }
  };

  /** The distance of each row, (rows). */
  abstract NDArray rows(NDArray student, NDArray teacher);
}
