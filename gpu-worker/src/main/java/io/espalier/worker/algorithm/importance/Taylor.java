package io.espalier.worker.algorithm.importance;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.data.Batch;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Change of the loss, to first order, if a unit were set to zero: {@code Σ over batches (Σ g · w)²}
 * over the parameters w of the unit with gradients g of the mean cross entropy.
 *
 * <p>A unit's parameters are scale and shift of the BatchNorms along its axis, which gate all that
 * it says; where there is no BatchNorm, the weights and biases that write it. Running statistics
 * are used, and stay. Accumulates in float64.
 *
 * <p>Source: Molchanov et al., Importance Estimation for Neural Network Pruning, arXiv 1906.10771,
 * equation 8 and the gates of section 4.1 ("Taylor-FO-BN").
 */
final class Taylor {
  private final VisionFamily family;
  private final Batches batches;
  private final Architecture architecture;
  private final Map<String, double[]> importance = new LinkedHashMap<>();

  private Taylor(VisionFamily family, Batches batches, Architecture architecture) {
    this.family = family;
    this.batches = batches;
    this.architecture = architecture;
    architecture
        .prunableAxes()
        .forEach(axis -> importance.put(axis.name(), new double[axis.units()]));
  }

  /**
   * Importance of every unit of every prunable axis.
   *
   * @param weights of the model; stay as they are
   * @param batches labelled images
   * @throws InvalidInputException if a gradient is not a number; names batch and axis
   */
  static Map<String, double[]> importance(VisionFamily family, Weights weights, Batches batches) {
    var taylor = new Taylor(family, batches, weights.architecture());
    try (Weights copy = weights.keep(Kept.all())) {
      copy.requireGradients(true);
      taylor.run(copy);
    }
    return taylor.importance;
  }

  private void run(Weights weights) {
    try (NDManager manager = PyTorch.newManager()) {
      for (int i = 0; i < batches.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          Batch batch = batches.get(i);
          NDArray images = batches.images(batch, manager);
          NDArray labels = Tensors.of(manager, batch.labels(), batch.size());
          weights.clearGradients();
          Gradients.of(
              () -> Losses.crossEntropy(family.forward(weights, images, Mode.EVALUATE), labels));
          observe(weights, i);
        }
      }
    }
  }

  private void observe(Weights weights, int batch) {
    for (Axis axis : architecture.prunableAxes()) {
      double[] change = new double[axis.units()];
      parameters(axis).forEach(tensor -> addProducts(tensor, axis, weights, change));
      double[] sum = Objects.requireNonNull(importance.get(axis.name()));
      for (int unit = 0; unit < change.length; unit++) {
        sum[unit] += change[unit] * change[unit];
        if (!Double.isFinite(sum[unit])) {
          throw new InvalidInputException(
              "the gradient of batch %d at unit %d of axis '%s' is %s; look for infinite or undefined weights or pixels"
                  .formatted(batch, unit, axis.name(), change[unit]));
        }
      }
    }
  }

  private List<TensorSpec> parameters(Axis axis) {
    List<TensorSpec> gates = along(axis, Role.NORM_PARAMETER);
    return gates.isEmpty() ? along(axis, Role.PARAMETER) : gates;
  }

  private List<TensorSpec> along(Axis axis, Role role) {
    return architecture.tensors().stream()
        .filter(tensor -> tensor.role() == role && !tensor.dimensions().isEmpty())
        .filter(tensor -> tensor.dimensions().get(0).isAlong(axis))
        .toList();
  }

  private static void addProducts(TensorSpec tensor, Axis axis, Weights weights, double[] change) {
    float[] products =
        Tensors.multiply(weights.get(tensor.name()), weights.gradient(tensor.name()))
            .toFloatArray();
    Dimension rows = tensor.dimensions().get(0);
    int length = products.length / rows.size();
    int row = 0;
    for (Dimension.Along part : rows.parts()) {
      for (int i = 0; i < part.size(); i++, row++) {
        for (int k = 0; part.axis().equals(axis) && k < length; k++) {
          change[i / part.indicesPerUnit()] += products[row * length + k];
        }
      }
    }
  }
}
