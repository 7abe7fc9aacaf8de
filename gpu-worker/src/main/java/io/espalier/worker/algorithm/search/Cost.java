package io.espalier.worker.algorithm.search;

/**
 * What a model costs.
 *
 * @param flops operations for one sample, 2 × multiply-accumulates of convolutions and linear
 *     layers
 * @param parameters weights and biases of convolutions and linear layers, without normalisations
 * @param bytes bytes of its checkpoint files
 * @param latencyNanos nanoseconds that it takes as a {@link LatencyModel} foretells; 0 if there is
 *     no such model
 */
public record Cost(long flops, long parameters, long bytes, long latencyNanos) {
  /** A cost without latency. */
  public Cost(long flops, long parameters, long bytes) {
    this(flops, parameters, bytes, 0);
  }
}
