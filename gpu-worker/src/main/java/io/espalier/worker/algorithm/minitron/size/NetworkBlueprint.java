package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.ResizableNetwork;
import io.espalier.worker.model.family.ResizableNetwork.Pieces;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Facts that Minitron needs of a network of layers before any tensor is loaded, whatever it reads.
 */
public interface NetworkBlueprint {
  /** Kinds of axes that no other algorithm cuts. */
  Set<AxisKind> CUT_TOGETHER =
      Set.of(AxisKind.HIDDEN, AxisKind.HEADS, AxisKind.GROUPS, AxisKind.EXPERTS, AxisKind.NEURONS);

  /** The model at hand. */
  MaskableModel model();

  /** Its forward pass. */
  ResizableNetwork network();

  /**
   * Returns what names of tensors and axes begin with in each layer, first to last, without the dot
   * behind it.
   */
  List<String> blocks();

  /** Its architecture in parts, so that what concerns a layer is looked for in there. */
  Pieces pieces();

  /** Returns what its stream runs along. */
  StreamBasis basis();

  /**
   * Looks at a smaller version of the model; loads no tensor.
   *
   * @throws InvalidInputException with every problem
   */
  MaskableModel cut(ModelDirectory files);

  /** Lists the weights of the stream's normalisations in a piece that are scaled with it. */
  List<String> norms(Architecture piece);

  /** Returns what it is made of. */
  default Architecture architecture() {
    return model().architecture();
  }

  /**
   * The same architecture in which the stream, groups of heads and experts may be cut, since
   * Minitron cuts all tensors that they reach at once.
   */
  default Architecture open() {
    Architecture all = architecture();
    var frozen = new LinkedHashMap<>(all.frozen());
    all.choices().values().stream()
        .filter(axis -> CUT_TOGETHER.contains(axis.kind()))
        .forEach(axis -> frozen.remove(axis.name()));
    return new Architecture(
        all.family(),
        all.name(),
        all.tensors(),
        all.axes(),
        all.layers(),
        all.attentions(),
        frozen,
        all.stacks());
  }

  /** Channels of a head. */
  default int headSize() {
    return network().headSize();
  }

  /** The axis of the residual stream. */
  default Axis hidden() {
    return axis(pieces().embedding(), AxisKind.HIDDEN, "");
  }

  /** Returns the name of the embedding's weight if scores of tokens are read off it. */
  default Optional<String> tiedScores() {
    return pieces().end().layers().stream()
        .map(Layer::weight)
        .filter(pieces().embedding().shapes()::containsKey)
        .findFirst();
  }

  /** Returns how many experts each token has; 0 if there are none. */
  default int chosen() {
    return network().chosenExperts();
  }

  /** Returns where config.json says how many experts each token has. */
  default String chosenKey() {
    return network().expertKeys().orElseThrow().chosen();
  }

  /** The axis of a layer's neurons; a layer of experts has none of its own. */
  default Axis neurons(int layer) {
    return axis(layer, AxisKind.NEURONS);
  }

  /** The experts of a layer, if it has any. */
  default Optional<LayerExperts> experts(int layer) {
    String block = blocks().get(layer);
    Architecture own = pieces().layers().get(layer);
    return own.stacks().stream()
        .filter(stack -> is(stack.axis(), AxisKind.EXPERTS, block))
        .findFirst()
        .map(stack -> LayerExperts.of(stack, own));
  }

  /** The axis that counts the experts of a layer that has any. */
  default Axis expertAxis(int layer) {
    return experts(layer).orElseThrow().counted();
  }

  /** The axis of the neurons of the expert that all tokens of a layer share, if it has one. */
  default Optional<Axis> sharedNeurons(int layer) {
    return experts(layer).flatMap(LayerExperts::shared);
  }

  /** The layers that have experts, by their numbers. */
  default List<Integer> sparseLayers() {
    return IntStream.range(0, blocks().size())
        .filter(layer -> experts(layer).isPresent())
        .boxed()
        .toList();
  }

  /** The axis of a layer's attention heads. */
  default Axis heads(int layer) {
    return axis(layer, AxisKind.HEADS);
  }

  /** The axis of a layer's heads of keys and values; that of all heads if each has its own. */
  default Axis groups(int layer) {
    return find(pieces().layers().get(layer), AxisKind.GROUPS, blocks().get(layer))
        .orElseGet(() -> heads(layer));
  }

  /**
   * Returns how large it is.
   *
   * @throws InvalidInputException if layers of a kind differ, or experts; names the sizes that do
   */
  default DecoderSizes sizes() {
    Map<DecoderDimension, Set<Integer>> found = widths();
    List<String> problems =
        found.entrySet().stream()
            .filter(each -> each.getValue().size() > 1)
            .map(each -> uneven(each.getKey(), each.getValue()))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    var sizes = new EnumMap<DecoderDimension, Integer>(DecoderDimension.class);
    found.forEach((size, widths) -> sizes.put(size, widths.iterator().next()));
    sizes.put(DecoderDimension.HIDDEN, hidden().units());
    sizes.put(DecoderDimension.LAYERS, blocks().size());
    return DecoderSizes.of(sizes);
  }

  private String uneven(DecoderDimension size, Set<Integer> widths) {
    String elsewhere = chosen() > 0 ? "" : "; ask for perLayer: true, or for algorithm: gradnas";
    return "%s: minitron needs layers that are all alike, but they have %s %s%s"
        .formatted(model().directory().path(), widths, size.word(), elsewhere);
  }

  /** The widths that layers have, each once; nothing of what no layer has. */
  private Map<DecoderDimension, Set<Integer>> widths() {
    var widths = new EnumMap<DecoderDimension, Set<Integer>>(DecoderDimension.class);
    Set<Integer> sparse = Set.copyOf(sparseLayers());
    for (int layer = 0; layer < blocks().size(); layer++) {
      if (sparse.contains(layer)) {
        LayerExperts experts = experts(layer).orElseThrow();
        add(widths, DecoderDimension.EXPERTS, experts.counted());
        experts.neurons().forEach(neurons -> add(widths, DecoderDimension.EXPERT_NEURONS, neurons));
        experts
            .shared()
            .ifPresent(neurons -> add(widths, DecoderDimension.SHARED_NEURONS, neurons));
      } else {
        add(widths, DecoderDimension.NEURONS, neurons(layer));
      }
      add(widths, DecoderDimension.HEADS, heads(layer));
      add(widths, DecoderDimension.GROUPS, groups(layer));
    }
    return widths;
  }

  private static void add(
      Map<DecoderDimension, Set<Integer>> widths, DecoderDimension size, Axis axis) {
    widths.computeIfAbsent(size, any -> new LinkedHashSet<>()).add(axis.units());
  }

  /**
   * Returns why some loaders of the family would not open a subnet of these sizes, if they would
   * not.
   */
  default Optional<String> misfit(int hidden, int heads) {
    return network().misfit(hidden, heads);
  }

  /** Returns whether all numbers of the model together take at most so many bytes in float32. */
  default boolean fits(long bytes) {
    return bytes() <= bytes;
  }

  /** Returns what all numbers of the model together take in float32. */
  default long bytes() {
    long elements =
        architecture().shapes().values().stream()
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();
    return elements * Float.BYTES;
  }

  /** Returns why some loaders of the family would not open it, if they would not. */
  default Optional<String> misfit() {
    return widths().values().stream().anyMatch(each -> each.size() > 1)
        ? Optional.of("layers are not all alike")
        : misfit(hidden().units(), heads(0).units());
  }

  private Axis axis(int layer, AxisKind kind) {
    return axis(pieces().layers().get(layer), kind, blocks().get(layer));
  }

  private static Axis axis(Architecture piece, AxisKind kind, String module) {
    return find(piece, kind, module)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s has no axis '%s'".formatted(piece.name(), Axis.nameOf(kind, module))));
  }

  private static Optional<Axis> find(Architecture piece, AxisKind kind, String module) {
    return piece.axes().stream().filter(axis -> is(axis, kind, module)).findFirst();
  }

  private static boolean is(Axis axis, AxisKind kind, String module) {
    return axis.kind() == kind && axis.module().equals(module);
  }
}
