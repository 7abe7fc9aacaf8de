package io.espalier.worker.algorithm.gradnas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A one for every attention head and every feed-forward neuron that multiplies what it says. The
 * gradient of a loss with respect to it is what the loss would change by, to first order, if the
 * unit were removed, but for the sign.
 */
final class MaskHooks implements ForwardHooks, AutoCloseable {
  private final NDManager manager = PyTorch.newManager();
  private final Map<String, NDArray> masks = new LinkedHashMap<>();

  /** Masks of axes, on which gradients add up. */
  MaskHooks(Collection<Axis> axes) {
    for (Axis axis : axes) {
      float[] ones = new float[axis.units()];
      Arrays.fill(ones, 1);
      NDArray mask = Tensors.of(manager, ones, ones.length);
      NDScope.unregister(mask);
      Gradients.require(mask, true);
      masks.put(axis.name(), mask);
    }
  }

  @Override
  public NDArray heads(String axis, NDArray context) {
    NDArray mask = masks.get(axis);
    return mask == null
        ? context
        : Tensors.multiply(context, Tensors.reshape(mask, mask.getShape().get(0), 1, 1));
  }

  @Override
  public NDArray neurons(String axis, NDArray neurons) {
    NDArray mask = masks.get(axis);
    return mask == null ? neurons : Tensors.multiply(neurons, mask);
  }

  /** The gradients that have added up, one per unit, by axis; they begin anew. */
  Map<String, float[]> take() {
    var gradients = new LinkedHashMap<String, float[]>();
    masks.forEach(
        (axis, mask) -> {
          gradients.put(axis, Gradients.at(mask).toFloatArray());
          Gradients.clear(mask);
        });
    return gradients;
  }

  @Override
  public void close() {
    manager.close();
  }
}
