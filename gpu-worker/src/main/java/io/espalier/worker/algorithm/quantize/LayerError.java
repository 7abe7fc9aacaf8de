package io.espalier.worker.algorithm.quantize;

import java.util.Collection;

/**
 * Error of a layer's weights.
 *
 * @param squares sum of the squares of the weights
 * @param errors sum of the squares of what they differ by from what is stored
 */
public record LayerError(double squares, double errors) {
  /** Nothing yet. */
  public static final LayerError NONE = new LayerError(0, 0);

  /** Error of several layers together, as a fraction as {@link #relative}. */
  public static double ofAll(Collection<LayerError> errors) {
    return errors.stream().reduce(NONE, LayerError::plus).relative();
  }

  LayerError plus(LayerError other) {
    return new LayerError(squares + other.squares, errors + other.errors);
  }

  /** Root of the mean square of the error, as a fraction of that of the weights. */
  public double relative() {
    return squares == 0 ? 0 : Math.sqrt(errors / squares);
  }
}
