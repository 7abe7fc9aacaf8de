package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.safetensors.DType;

/**
 * Quantizes the weights of one output at a time.
 *
 * <p>Symmetric: {@code s = max|w| / ((2^b - 1) / 2)}, of E4M3 {@code max|w| / 448}, and {@code q =
 * round(clamp(w / s))}. With zero points: the range is widened to include 0, {@code s = (max - min)
 * / (2^b - 1)}, {@code z = round(clamp(-2^(b-1) - min / s))}, {@code q = round(clamp(w / s + z))}.
 * All in float32, ties to even. The scale is rounded to the type that it is stored in before
 * anything is divided by it, so that what is stored is what was meant; compressed-tensors divides
 * in the type of the weights instead, which is the same in float32.
 *
 * <p>Source: compressed-tensors, {@code quantization/utils/helpers.py} and {@code
 * quantization/lifecycle/forward.py}.
 */
final class RowQuantizer {
  /** Added and taken away again, it leaves a whole number, ties to even, of what is below 2^22. */
  private static final float ROUNDING = 0x1.8p23f;

  /** Scale of what is too small for one: the distance of float32 from 1 to the next number. */
  private static final float FOR_ZEROS = 0x1p-23f;

  private final WeightScheme scheme;
  private final DType stored;
  private final int shared;
  private final float least;
  private final float most;
  private final StoredRow row;

  /**
   * A quantizer of outputs that read so many inputs.
   *
   * @param stored type of scales: float32, float16 or bfloat16
   */
  RowQuantizer(WeightScheme scheme, DType stored, int inputs) {
    this.scheme = scheme;
    this.stored = stored;
    this.shared = scheme.shared(inputs);
    int half = 1 << (scheme.format().bits() - 1);
    this.least = scheme.format().isFloat() ? -Float8.LARGEST : -half;
    this.most = scheme.format().isFloat() ? Float8.LARGEST : half - 1;
    this.row = StoredRow.empty(scheme, inputs);
  }

  /**
   * Quantizes the row that begins at a place of an array; its numbers must be finite.
   *
   * @return what stays valid until the next row
   */
  StoredRow take(float[] weights, int from) {
    for (int group = 0; group < row.scales().length; group++) {
      int begin = from + group * shared;
      settle(weights, begin, group);
      if (scheme.format().isFloat()) {
        floats(weights, begin, group);
      } else {
        integers(weights, begin, group);
      }
    }
    return row;
  }

  private void settle(float[] weights, int begin, int group) {
    float low = 0;
    float high = 0;
    for (int i = begin; i < begin + shared; i++) {
      low = Math.min(low, weights[i]);
      high = Math.max(high, weights[i]);
    }
    float exact =
        scheme.symmetric()
            ? Math.max(-low, high) / scheme.format().halfRange()
            : (high - low) / (most - least);
    float scale = FloatBytes.rounded(stored, exact);
    float used = scale == 0 ? FOR_ZEROS : scale;
    row.scales()[group] = used;
    row.zeros()[group] = scheme.symmetric() ? 0 : (byte) whole(least - low / used);
  }

  private void integers(float[] weights, int begin, int group) {
    float scale = row.scales()[group];
    float zero = row.zeros()[group];
    int to = group * shared;
    for (int i = 0; i < shared; i++) {
      row.codes()[to + i] = (byte) whole(weights[begin + i] / scale + zero);
    }
  }

  private float whole(float value) {
    return Math.max(least, Math.min(most, value)) + ROUNDING - ROUNDING;
  }

  private void floats(float[] weights, int begin, int group) {
    float scale = row.scales()[group];
    int to = group * shared;
    for (int i = 0; i < shared; i++) {
      row.codes()[to + i] = Float8.encode(weights[begin + i] / scale);
    }
  }
}
