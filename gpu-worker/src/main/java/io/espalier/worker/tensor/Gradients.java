package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A run of automatic differentiation: forward with the graph recorded, backward, graph dropped.
 *
 * <p>Each run belongs to its thread; several threads may run at once. Gradients are added to what
 * the leaves already hold, see {@link Weights#clearGradients()}.
 */
public final class Gradients {
  /*
   * The array library has a collector of its own for this, of which there can only be one per JVM.
   * Recording is a flag of the thread in PyTorch, so setting and restoring it is all that is needed.
   */
  private Gradients() {}

  /**
   * Computes a scalar loss and adds its gradient to every leaf that asks for one.
   *
   * @param loss computes it from leaves; runs once, on this thread
   * @return the loss, a constant scalar
   * @throws IllegalArgumentException if the loss is not a scalar
   */
  public static NDArray of(Supplier<NDArray> loss) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(true);
    try {
      PtNDArray value = Tensors.p(loss.get());
      requireScalar(value);
      JniUtils.backward(value, Tensors.p(Tensors.scalar(value, 1)), false, false);
      return JniUtils.detachGradient(value);
    } finally {
      JniUtils.setGradMode(before);
    }
  }

  /** Makes an array a leaf whose gradient is computed, or no longer one. */
  public static void require(NDArray leaf, boolean required) {
    leaf.setRequiresGradient(required);
  }

  /**
   * The gradient that runs have added up in a leaf, of its shape; a view, not a copy.
   *
   * @throws IllegalStateException if no run has reached the leaf
   */
  public static NDArray at(NDArray leaf) {
    @Nullable NDArray gradient = JniUtils.getGradient(Tensors.p(leaf));
    if (gradient == null) {
      throw new IllegalStateException(
          "no gradient has reached a leaf of shape %s: is it part of the loss, and required?"
              .formatted(leaf.getShape()));
    }
    return gradient;
  }

  /** Sets the gradient of a leaf to zero. */
  public static void clear(NDArray leaf) {
    JniUtils.zeroGrad(Tensors.p(leaf));
  }

  private static void requireScalar(NDArray value) {
    if (value.getShape().dimension() != 0) {
      throw new IllegalArgumentException(
          "a loss is a scalar, but this one has shape "
              + Arrays.toString(value.getShape().getShape()));
    }
  }
}
