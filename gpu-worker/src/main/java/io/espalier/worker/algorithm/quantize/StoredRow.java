package io.espalier.worker.algorithm.quantize;

/**
 * Weights of one output as they are stored.
 *
 * @param codes integers, or the bits of floats; one for each input
 * @param zeros zero points, one for each scale; not looked at if the scheme is symmetric
 * @param scales by which numbers are multiplied
 */
@SuppressWarnings("ArrayRecordComponent") // filled anew for each row
record StoredRow(byte[] codes, byte[] zeros, float[] scales) {
  /** Room for the weights of an output. */
  static StoredRow empty(WeightScheme scheme, int inputs) {
    int scales = scheme.scales(inputs);
    return new StoredRow(new byte[inputs], new byte[scales], new float[scales]);
  }

  /** Writes the numbers that it stands for to a place of an array: {@code (q - z) · s}. */
  void stand(WeightScheme scheme, float[] into, int from) {
    int shared = scheme.shared(codes.length);
    boolean floats = scheme.format().isFloat();
    for (int group = 0; group < scales.length; group++) {
      float scale = scales[group];
      int zero = scheme.symmetric() ? 0 : zeros[group];
      for (int i = group * shared; i < (group + 1) * shared; i++) {
        into[from + i] = (floats ? Float8.decode(codes[i]) : codes[i] - zero) * scale;
      }
    }
  }
}
