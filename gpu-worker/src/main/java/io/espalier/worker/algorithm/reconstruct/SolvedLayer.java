package io.espalier.worker.algorithm.reconstruct;

import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.tensor.Weights;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A layer that is solved for.
 *
 * @param layer of the original
 * @param width of what it says in the cut network
 * @param padding zeros on all four sides of what it reads
 * @param norm BatchNorm behind it, which takes the constant
 * @param joined whether something that goes past its block is added to what it says
 */
record SolvedLayer(Layer layer, int width, int padding, Optional<String> norm, boolean joined) {
  /**
   * Inputs of a layer, with the points of its kernel, up to which it is solved for: the two parts
   * of its Gram matrix take 0.3 GB then.
   */
  private static final long MOST_INPUTS = 4608;

  /**
   * Samples for each unknown; four times as many make no network better that was tried, a quarter
   * makes some worse.
   */
  private static final long SAMPLES_PER_INPUT = 32;

  /**
   * The layers of a section that are solved for: all behind the first that lost units, since what
   * they read is no longer what it was, whether they lost units themselves or not. Those whose
   * block is added to something come last, since it must be settled by then. A depthwise layer is
   * not solved for: each of its outputs reads one unit, and the layer behind it reads them all.
   *
   * @param trace of a pass through the section
   */
  static List<SolvedLayer> of(ActivationTrace trace, Weights original, Kept kept) {
    return original.architecture().layers().stream()
        .dropWhile(layer -> !layer.out().isCutBy(kept))
        .skip(1)
        .filter(layer -> trace.has(layer.module()))
        .filter(layer -> !layer.depthwise() && inputs(layer, kept) <= MOST_INPUTS)
        .map(layer -> of(layer, trace, kept))
        .sorted(Comparator.comparing(SolvedLayer::joined))
        .toList();
  }

  private static SolvedLayer of(Layer layer, ActivationTrace trace, Kept kept) {
    String module = layer.module();
    return new SolvedLayer(
        layer,
        layer.out().indices(kept).length,
        trace.of(module).padding(),
        trace.norm(module),
        trace.shortcut(module).isPresent());
  }

  /** Samples that are wanted of it. */
  long rows(Kept kept) {
    return SAMPLES_PER_INPUT * inputs(layer, kept);
  }

  private static long inputs(Layer layer, Kept kept) {
    return (long) layer.in().indices(kept).length * layer.window().area();
  }

  /** Returns whether the layer reads units that were cut. */
  boolean isCutBy(Kept kept) {
    return layer.in().isCutBy(kept);
  }

  /** Name of the module. */
  String module() {
    return layer.module();
  }

  /** Windows that it reads. */
  ConvolutionWindows windows() {
    return new ConvolutionWindows(layer.window().kernel(), layer.window().stride(), padding);
  }

  /** Returns where the constant goes, if anywhere. */
  Intercept intercept() {
    return norm.isPresent() || layer.bias() ? Intercept.SOLVED : Intercept.FIXED;
  }
}
