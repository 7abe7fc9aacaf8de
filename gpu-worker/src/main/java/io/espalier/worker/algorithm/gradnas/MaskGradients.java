package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.LossData;
import io.espalier.worker.algorithm.evaluate.LossData.Piece;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Gradients of a model's loss with respect to a mask of ones on its heads and neurons.
 *
 * <p>A batch is computed in pieces whose gradients add up to those of the mean over the whole
 * batch, so memory is that of one piece. The model is used as it is when it serves: dropout is off.
 */
final class MaskGradients implements AutoCloseable {
  private final Weights weights;
  private final int piece;
  private final MaskHooks masks;
  private final NDManager manager = PyTorch.newManager();

  /**
   * Gradients of a model.
   *
   * @param weights of the model; do not require gradients
   * @param axes of the units
   * @param piece sequences or images that are computed at once
   */
  MaskGradients(Weights weights, Collection<Axis> axes, int piece) {
    this.weights = weights;
    this.piece = piece;
    this.masks = new MaskHooks(axes);
  }

  /**
   * One batch.
   *
   * @param mean the mean loss
   * @param byAxis one gradient per unit, by axis
   */
  record Of(double mean, Map<String, float[]> byAxis) {}

  /**
   * The gradients of the mean loss of a batch.
   *
   * @param indices of its samples in the data
   * @param batch how it is called in messages
   * @throws InvalidInputException if nothing is asked in the batch, or gradients are no numbers, or
   *     all those of a layer are zero
   */
  Of of(LossData data, int[] indices, String batch) {
    List<Piece> pieces = new ArrayList<>();
    for (int from = 0; from < indices.length; from += piece) {
      int to = Math.min(from + piece, indices.length);
      pieces.add(data.piece(Arrays.copyOfRange(indices, from, to)));
    }
    long count = pieces.stream().mapToLong(Piece::count).sum();
    if (count == 0) {
      throw new InvalidInputException(
          "%s asks for nothing: none of its %d sequences has a label; give labelled data"
              .formatted(batch, indices.length));
    }
    double mean = 0;
    for (Piece one : pieces) {
      mean += run(one, count);
    }
    Map<String, float[]> gradients = masks.take();
    gradients.forEach((axis, values) -> require(axis, values, batch));
    return new Of(mean, gradients);
  }

  private double run(Piece batch, long count) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray mean =
          Gradients.of(() -> Tensors.scale(batch.sum(weights, manager, masks), 1.0 / count));
      return mean.getFloat();
    }
  }

  private static void require(String axis, float[] gradients, String batch) {
    boolean zero = true;
    for (int unit = 0; unit < gradients.length; unit++) {
      if (!Float.isFinite(gradients[unit])) {
        throw new InvalidInputException(
            "%s: the gradient at unit %d of '%s' is %s; look for infinite or undefined weights in that layer and those behind it"
                .formatted(batch, unit, axis, gradients[unit]));
      }
      zero &= gradients[unit] == 0;
    }
    if (zero) {
      throw new InvalidInputException(
          "%s: the gradients at all %d units of '%s' are zero, so nothing can be said of them; look for weights of zero in that layer and those behind it"
              .formatted(batch, gradients.length, axis));
    }
  }

  @Override
  public void close() {
    masks.close();
    manager.close();
  }
}
