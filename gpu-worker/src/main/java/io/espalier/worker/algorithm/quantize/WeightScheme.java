package io.espalier.worker.algorithm.quantize;

/**
 * Arrangement of scales and zero points over a weight of (outputs, inputs).
 *
 * @param format of numbers
 * @param group neighbouring inputs of an output that share a scale; 0 if all inputs do
 * @param symmetric whether zero is stored as zero; else each scale has a zero point
 */
public record WeightScheme(QuantizationFormat format, int group, boolean symmetric) {
  /**
   * An arrangement.
   *
   * @throws IllegalArgumentException if floats are to have zero points
   */
  public WeightScheme {
    if (format.isFloat() && !symmetric) {
      throw new IllegalArgumentException("floats have no zero points");
    }
  }

  /** One scale for each output. */
  public static WeightScheme perChannel(QuantizationFormat format, boolean symmetric) {
    return new WeightScheme(format, 0, symmetric);
  }

  /** Number of scales of an output. */
  int scales(int inputs) {
    return group == 0 ? 1 : inputs / group;
  }

  /** Inputs that share a scale. */
  int shared(int inputs) {
    return group == 0 ? inputs : group;
  }
}
