package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.Map;

/** A factor for each head and neuron, by axis; axes without factors pass as they are. */
public record Masks(Map<String, NDArray> factors) implements ForwardHooks {
  /** Zero for what is cut, one for the rest. */
  public static Masks of(Architecture architecture, Kept kept, NDArray like) {
    var factors = new LinkedHashMap<String, NDArray>();
    for (Axis axis : architecture.axes()) {
      kept.of(axis)
          .ifPresent(
              units -> {
                float[] ones = new float[axis.units()];
                for (int unit : units) {
                  ones[unit] = 1;
                }
                factors.put(axis.name(), Tensors.of(like.getManager(), ones, ones.length));
              });
    }
    return new Masks(factors);
  }

  @Override
  public NDArray heads(String axis, NDArray context) {
    NDArray factor = factors.get(axis);
    return factor == null
        ? context
        : Tensors.multiply(context, Tensors.reshape(factor, factor.getShape().get(0), 1, 1));
  }

  @Override
  public NDArray neurons(String axis, NDArray neurons) {
    NDArray factor = factors.get(axis);
    return factor == null ? neurons : Tensors.multiply(neurons, factor);
  }
}
