package io.espalier.worker.algorithm.minitron.size;

import java.util.List;
import java.util.TreeSet;

/**
 * Sizes that a search may choose: multiples of divisors, not too far below the model at hand.
 *
 * <p>Source: ModelOpt 0.42 and later, {@code mcore_minitron}, whose {@code max_width_pruning} and
 * {@code max_depth_pruning} these limits are.
 *
 * @param whole the model at hand
 * @param chosen experts that each token has, of which no layer can have fewer; 0 if there are none
 * @param divisors what sizes are multiples of, but for the model's own
 * @param mostWidth the largest part of a width that may go
 * @param mostDepth the largest part of the layers that may go
 */
public record SizeGrid(
    DecoderSizes whole, int chosen, SizeDivisors divisors, double mostWidth, double mostDepth) {
  /** ModelOpt's limit of the part of a width that may go. */
  public static final double USUAL_WIDTH = 0.4;

  /** ModelOpt's limit of the part of the layers that may go. */
  public static final double USUAL_DEPTH = 0.2;

  private static final double ROUNDING = 1e-9;

  /** Sizes of the residual stream, ascending. */
  public List<Integer> hidden() {
    return choices(whole.hidden(), divisors.hidden(), mostWidth);
  }

  /** Numbers of feed-forward neurons of a layer without experts, ascending. */
  public List<Integer> neurons() {
    return choices(whole.neurons(), divisors.neurons(), mostWidth);
  }

  /** Numbers of experts, no fewer than a token is given, ascending. */
  public List<Integer> experts() {
    return choices(whole.experts(), divisors.experts(), mostWidth).stream()
        .filter(experts -> experts >= chosen)
        .toList();
  }

  /** Numbers of neurons of an expert, ascending. */
  public List<Integer> expertNeurons() {
    return choices(whole.expertNeurons(), divisors.expertNeurons(), mostWidth);
  }

  /** Numbers of neurons of the shared expert, ascending. */
  public List<Integer> sharedNeurons() {
    return choices(whole.sharedNeurons(), divisors.sharedNeurons(), mostWidth);
  }

  /** Numbers of heads that share keys and values, ascending. */
  public List<Integer> headsPerGroup() {
    return choices(whole.headsPerGroup(), divisors.headsPerGroup(), mostWidth);
  }

  /** Numbers of groups of keys and values, ascending. */
  public List<Integer> groups() {
    return choices(whole.groups(), divisors.groups(), mostWidth);
  }

  /** Numbers of layers, ascending. */
  public List<Integer> layers() {
    return choices(whole.layers(), divisors.layers(), mostDepth);
  }

  /** Ascending; its own size is always one of them, and the only one if that is 0. */
  private static List<Integer> choices(int size, int divisor, double most) {
    var choices = new TreeSet<Integer>();
    int least = Math.max(1, size - (int) Math.floor(size * most + ROUNDING));
    for (int multiple = size / divisor * divisor; multiple >= least; multiple -= divisor) {
      choices.add(multiple);
    }
    choices.add(size);
    return List.copyOf(choices);
  }
}
