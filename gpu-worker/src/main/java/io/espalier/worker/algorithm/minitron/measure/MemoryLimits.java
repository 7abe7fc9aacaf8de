package io.espalier.worker.algorithm.minitron.measure;

/**
 * Limits on the memory of texts on their way through a model, beside that of a layer.
 *
 * @param stateBytes bound of the hidden states that wait in memory
 * @param sliceBytes bound of the weights that give scores, in float32, of which so much is there at
 *     a time
 */
public record MemoryLimits(long stateBytes, long sliceBytes) {
  /**
   * Less than a layer of the models that need slices, and enough that reading the hidden states
   * once more for each slice takes little beside what is computed with it.
   */
  private static final long SLICE_BYTES = 256L << 20;

  /** The usual slices. */
  public static MemoryLimits of(long stateBytes) {
    return new MemoryLimits(stateBytes, SLICE_BYTES);
  }
}
