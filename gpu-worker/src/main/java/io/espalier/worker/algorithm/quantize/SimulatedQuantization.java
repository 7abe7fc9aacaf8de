package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.tensor.Weights;

/**
 * Network that the files of a quantized model stand for, in float32: its weights are read from
 * them, and what comes into its layers is quantized and goes on as what that stands for.
 */
public final class SimulatedQuantization {
  private SimulatedQuantization() {}

  /**
   * Makes the quantized network of the original's weights.
   *
   * @param quantized directory that {@link QuantizedFiles} wrote
   * @param weights of the original; changed in place
   */
  public static void apply(QuantizationPlan plan, ModelDirectory quantized, Weights weights) {
    QuantizationFormat format = plan.scheme().format();
    for (QuantizedLayer layer : plan.layers()) {
      try (var stored = new StoredLayer(layer, quantized)) {
        weights.refill(layer.weight().name(), stored::fill);
      }
      if (format.quantizesActivations()) {
        weights.readThrough(
            layer.module(), format.isFloat() ? TokenQuantization::fp8 : TokenQuantization::int8);
      }
    }
  }
}
