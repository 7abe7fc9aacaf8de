package io.espalier.worker.algorithm.search;

/**
 * Cost of a model.
 *
 * @param flops operations for one sample, 2 × multiply-accumulates of convolutions and linear
 *     layers
 * @param parameters weights and biases of convolutions and linear layers, without normalisations
 * @param bytes bytes of its checkpoint files
 * @param latencyNanos nanoseconds that it takes as a {@link LatencyModel} foretells; 0 if there is
 *     no such model
 * @param memoryBytes bytes of its tensors, and of the keys and values that it keeps of tokens; 0 if
 *     it is not known of how many
 */
public record Cost(long flops, long parameters, long bytes, long latencyNanos, long memoryBytes) {
  /** A cost without latency and memory. */
  public Cost(long flops, long parameters, long bytes) {
    this(flops, parameters, bytes, 0, 0);
  }

  /** The same, of files of another size that take another time. */
  public Cost asFound(long foundBytes, long foundNanos) {
    return new Cost(flops, parameters, foundBytes, foundNanos, memoryBytes);
  }

  /** Both together. */
  public Cost plus(Cost other) {
    return new Cost(
        Math.addExact(flops, other.flops),
        Math.addExact(parameters, other.parameters),
        Math.addExact(bytes, other.bytes),
        Math.addExact(latencyNanos, other.latencyNanos),
        Math.addExact(memoryBytes, other.memoryBytes));
  }

  /** As much of each quantity as the one has that has more of it. */
  public Cost most(Cost other) {
    return new Cost(
        Math.max(flops, other.flops),
        Math.max(parameters, other.parameters),
        Math.max(bytes, other.bytes),
        Math.max(latencyNanos, other.latencyNanos),
        Math.max(memoryBytes, other.memoryBytes));
  }

  /** As many of it. */
  public Cost times(long count) {
    return new Cost(
        Math.multiplyExact(flops, count),
        Math.multiplyExact(parameters, count),
        Math.multiplyExact(bytes, count),
        Math.multiplyExact(latencyNanos, count),
        Math.multiplyExact(memoryBytes, count));
  }
}
