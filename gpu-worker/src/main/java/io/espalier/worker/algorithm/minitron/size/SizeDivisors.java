package io.espalier.worker.algorithm.minitron.size;

import java.util.Map;
import java.util.OptionalInt;

/**
 * Divisors of sizes, so that kernels are fast and blocks of quantization come out even.
 *
 * @param hidden of channels of the residual stream
 * @param neurons of feed-forward neurons of layers without experts
 * @param experts of experts
 * @param expertNeurons of feed-forward neurons of experts
 * @param sharedNeurons of feed-forward neurons of experts that all tokens share
 * @param headsPerGroup of heads that ask the same keys and values
 * @param groups of heads of keys and values
 * @param layers of layers
 */
public record SizeDivisors(
    int hidden,
    int neurons,
    int experts,
    int expertNeurons,
    int sharedNeurons,
    int headsPerGroup,
    int groups,
    int layers) {
  private static final int STEPS = 8;

  /** Divisors by kind, of heads those in a group; 1 of what is not named. */
  public static SizeDivisors of(Map<DecoderDimension, Integer> divisors) {
    return new SizeDivisors(
        divisors.getOrDefault(DecoderDimension.HIDDEN, 1),
        divisors.getOrDefault(DecoderDimension.NEURONS, 1),
        divisors.getOrDefault(DecoderDimension.EXPERTS, 1),
        divisors.getOrDefault(DecoderDimension.EXPERT_NEURONS, 1),
        divisors.getOrDefault(DecoderDimension.SHARED_NEURONS, 1),
        divisors.getOrDefault(DecoderDimension.HEADS, 1),
        divisors.getOrDefault(DecoderDimension.GROUPS, 1),
        divisors.getOrDefault(DecoderDimension.LAYERS, 1));
  }

  /**
   * Divisors in a policy; where it says nothing, the defaults hold.
   *
   * @param hidden of channels of the residual stream
   * @param neurons of feed-forward neurons, those of experts too
   * @param experts of experts
   * @param headsPerGroup of heads that ask the same keys and values
   * @param groups of heads of keys and values
   * @param layers of layers
   */
  public record Asked(
      OptionalInt hidden,
      OptionalInt neurons,
      OptionalInt experts,
      OptionalInt headsPerGroup,
      OptionalInt groups,
      OptionalInt layers) {
    /** Nothing is said. */
    public static final Asked NOTHING =
        new Asked(
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty());

    /**
     * Divisors of a search: usually 256 for the stream, 128 for neurons, 8 for experts, and 1. (The
     * first and the third are ModelOpt's.)
     */
    public SizeDivisors ofSearch(DecoderSizes whole) {
      return of(whole, 256, 128, 8);
    }

    /** Divisors of sizes that are given: usually 64, as ModelOpt has them, and 1. */
    public SizeDivisors ofExport(DecoderSizes whole) {
      return of(whole, 64, 64, 1);
    }

    private SizeDivisors of(
        DecoderSizes whole, int usualHidden, int usualNeurons, int usualExperts) {
      return new SizeDivisors(
          hidden.orElse(usual(whole.hidden(), usualHidden)),
          neurons.orElse(usual(whole.neurons(), usualNeurons)),
          experts.orElse(usual(whole.experts(), usualExperts)),
          neurons.orElse(usual(whole.expertNeurons(), usualNeurons)),
          neurons.orElse(usual(whole.sharedNeurons(), usualNeurons)),
          headsPerGroup.orElse(1),
          groups.orElse(1),
          layers.orElse(1));
    }
  }

  /** Returns what is usual for large models is halved until a small one has eight steps, too. */
  private static int usual(int size, int large) {
    int divisor = large;
    while (divisor > 1 && size / divisor < STEPS) {
      divisor /= 2;
    }
    return divisor;
  }
}
