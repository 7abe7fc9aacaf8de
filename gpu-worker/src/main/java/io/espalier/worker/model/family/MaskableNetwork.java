package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A network of layers of attention and feed-forward neurons, whatever it reads, whose units can be
 * masked: its passes call {@link ForwardHooks#heads} and {@link ForwardHooks#neurons} in each
 * layer.
 */
public interface MaskableNetwork {
  /** How names of axes of attention heads end. */
  String HEADS = "." + AxisKind.HEADS.key();

  /**
   * How names of axes of feed-forward neurons end: behind the name of the layer, that of an expert,
   * or that of the expert that all tokens of the layer share.
   */
  String NEURONS = "." + AxisKind.NEURONS.key();

  /** Channels of one attention head. */
  int headSize();

  /** Width of the residual stream. */
  int hiddenSize();

  /** Returns where its config.json says how wide its layers are. */
  WidthKeys widthKeys();

  /**
   * Returns where its config.json says how many experts there are and how wide; empty if it has
   * none.
   */
  default Optional<ExpertKeys> expertKeys() {
    return Optional.empty();
  }

  /** Returns whether layers have experts, whose neurons are more than those of the layers. */
  default boolean hasExperts() {
    return expertKeys().isPresent();
  }

  /** Returns how many experts each token has; 0 if the model has none. */
  default int chosenExperts() {
    return 0;
  }

  /**
   * A config.json of such a network in the words of the library that it comes from, where these are
   * others than {@link #widthKeys}.
   *
   * @param config with widths at those keys; may change
   */
  default ObjectNode inWordsOfItsLibrary(ObjectNode config) {
    return config;
  }

  /**
   * A layer's axes; a layer of experts has no neurons of its own.
   *
   * @param module name of the layer
   */
  record Block(String module) {
    /** Returns the name of the axis of its attention heads. */
    public String heads() {
      return Axis.nameOf(AxisKind.HEADS, module);
    }

    /** Returns the name of the axis of its feed-forward neurons. */
    public String neurons() {
      return Axis.nameOf(AxisKind.NEURONS, module);
    }

    /** Returns the layers of a model, first to last. */
    public static List<Block> of(Architecture architecture) {
      return architecture.axes().stream()
          .filter(axis -> axis.kind() == AxisKind.HEADS)
          .map(heads -> new Block(heads.module()))
          .toList();
    }
  }

  /**
   * Keys of config.json.
   *
   * @param hidden width of the residual stream
   * @param layers number of layers
   * @param heads number of attention heads
   * @param groups number of heads of keys and values, if heads can share them
   * @param neurons number of feed-forward neurons
   * @param prunedHeads whether transformers 4 opens models of this family with heads removed that
   *     {@code pruned_heads} names
   * @param sizesHeads whether {@code head_dim} is always said, since some of the family mean a size
   *     of their own where it is not
   */
  record WidthKeys(
      String hidden,
      String layers,
      String heads,
      Optional<String> groups,
      String neurons,
      boolean prunedHeads,
      boolean sizesHeads) {}

  /**
   * Keys of config.json of a model with experts.
   *
   * @param experts number of experts in a layer
   * @param again where the config says that number once more, under the name that another version
   *     of its loader reads
   * @param neurons number of neurons of each
   * @param shared number of neurons of the expert that all tokens share; empty if there is none
   * @param chosen number of experts that each token has
   * @param layers where it says which layers have experts; empty if all have
   */
  record ExpertKeys(
      String experts,
      Optional<String> again,
      String neurons,
      Optional<String> shared,
      String chosen,
      Optional<SparseLayerKeys> layers) {
    /** Those of numbers that all layers with experts should share. */
    public Stream<String> widths() {
      return Stream.concat(Stream.of(experts, neurons), shared.stream());
    }
  }

  /**
   * Keys of config.json that say which layers have experts.
   *
   * @param dense list of layers that have none, counted from 0
   * @param step of the others each has whose number, counted from 1, is a multiple of this
   */
  record SparseLayerKeys(String dense, String step) {}
}
