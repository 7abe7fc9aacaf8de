package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.TargetSizes;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.checkpoint.surgery.Sharding;
import java.util.Optional;

/**
 * Target of a pruning.
 *
 * @param export sizes that are asked for by number; else constraints are there
 * @param constraints what the model may cost at most
 * @param cache of how many tokens keys and values count as memory, if memory is bounded
 * @param perLayer whether layers may have widths of their own; then the stream, groups and layers
 *     stay
 * @param divisors what is said of divisors
 * @param mostWidth the largest part of a width that may go
 * @param mostDepth the largest part of the layers that may go
 * @param topK how many candidates are scored at most
 * @param stock whether loaders of the family must open what comes out
 * @param sharding how the result is spread over files
 * @param rotated whether the stream loses its weakest directions instead of channels
 */
public record MinitronTarget(
    Optional<TargetSizes> export,
    Optional<Constraints> constraints,
    Optional<KvCacheSize> cache,
    boolean perLayer,
    SizeDivisors.Asked divisors,
    double mostWidth,
    double mostDepth,
    int topK,
    boolean stock,
    Sharding sharding,
    boolean rotated) {
  /** Default number of candidates that are scored. */
  public static final int USUAL_TOP = 10;

  /** Makes a goal by which the stream loses channels. */
  public MinitronTarget(
      Optional<TargetSizes> export,
      Optional<Constraints> constraints,
      Optional<KvCacheSize> cache,
      boolean perLayer,
      SizeDivisors.Asked divisors,
      double mostWidth,
      double mostDepth,
      int topK,
      boolean stock,
      Sharding sharding) {
    this(
        export,
        constraints,
        cache,
        perLayer,
        divisors,
        mostWidth,
        mostDepth,
        topK,
        stock,
        sharding,
        false);
  }

  /** A goal; either sizes or constraints are asked for. */
  public MinitronTarget {
    if (export.isPresent() == constraints.isPresent()) {
      throw new IllegalArgumentException("either sizes or constraints");
    }
  }
}
