package io.espalier.worker.algorithm.minitron;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.family.LayeredNetwork;
import io.espalier.worker.algorithm.family.TextModel;
import io.espalier.worker.algorithm.family.TextNetwork;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TextTask;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What Minitron needs to know of a decoder before any tensor is loaded.
 *
 * @param model the model at hand
 * @param network its forward pass
 * @param blocks what names of tensors and axes begin with in each layer, first to last, without the
 *     dot behind it
 */
public record Blueprint(TextModel model, LayeredNetwork network, List<String> blocks) {
  /** Name of the axis of the residual stream. */
  static final String HIDDEN = "hidden";

  private static final String HEAD_SIZE = "head_dim";

  /** A blueprint; the list is copied. */
  public Blueprint {
    blocks = List.copyOf(blocks);
  }

  /**
   * Looks at a model.
   *
   * @throws InvalidInputException if it is not one that continues text, or cannot be run layer by
   *     layer
   */
  public static Blueprint of(TextModel model) {
    TextTask task = model.network().input().task();
    if (task != TextTask.TEXT_GENERATION || !(model.network() instanceof LayeredNetwork network)) {
      throw new InvalidInputException(
          "prune.algorithm: minitron prunes decoders for %s, but this one is of family %s and for %s"
              .formatted(TextTask.TEXT_GENERATION.key(), model.family().name(), task.key()));
    }
    if (network.expertKeys().isPresent()) {
      throw new InvalidInputException(
          "prune.algorithm: minitron prunes no experts yet, but %s has them"
              .formatted(model.directory().path()));
    }
    List<String> blocks =
        TextNetwork.Block.of(model.architecture()).stream()
            .map(block -> block.heads())
            .map(heads -> heads.substring(0, heads.length() - TextNetwork.HEADS.length()))
            .toList();
    return new Blueprint(model, network, blocks);
  }

  /** What it is made of. */
  public Architecture architecture() {
    return model.architecture();
  }

  /**
   * The same architecture in which the stream and groups of heads may be cut, since Minitron cuts
   * all tensors that they reach at once.
   */
  Architecture open() {
    Architecture all = architecture();
    var frozen = new LinkedHashMap<>(all.frozen());
    frozen.remove(HIDDEN);
    frozen.keySet().removeIf(name -> name.endsWith(TextNetwork.HEADS));
    frozen.keySet().removeIf(name -> name.endsWith(TextNetwork.GROUPS));
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
  int headSize() {
    return network.headSize();
  }

  /** The axis of the residual stream. */
  public Axis hidden() {
    return axis(HIDDEN);
  }

  /** The axis of a layer's neurons. */
  public Axis neurons(int layer) {
    return axis(blocks.get(layer) + TextNetwork.NEURONS);
  }

  /** The axis of a layer's attention heads. */
  public Axis heads(int layer) {
    return axis(blocks.get(layer) + TextNetwork.HEADS);
  }

  /** The axis of a layer's heads of keys and values; that of all heads if each has its own. */
  public Axis groups(int layer) {
    return find(blocks.get(layer) + TextNetwork.GROUPS).orElseGet(() -> heads(layer));
  }

  /**
   * How large it is.
   *
   * @throws InvalidInputException if layers differ; names the sizes that do
   */
  public Sizes sizes() {
    var problems = new ArrayList<String>();
    Map<Size, Integer> sizes = new LinkedHashMap<>();
    for (Size size : List.of(Size.NEURONS, Size.HEADS, Size.GROUPS)) {
      List<Integer> all = inLayers(size);
      sizes.put(size, all.get(0));
      if (all.stream().distinct().count() > 1) {
        problems.add(
            "%s: minitron needs layers that are all alike, but they have %s %s; ask for perLayer: true, or for algorithm: gradnas"
                .formatted(model.directory().path(), all, size.word()));
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new Sizes(
        hidden().units(),
        sizes.getOrDefault(Size.NEURONS, 0),
        sizes.getOrDefault(Size.HEADS, 0),
        sizes.getOrDefault(Size.GROUPS, 0),
        blocks.size());
  }

  private List<Integer> inLayers(Size size) {
    var all = new ArrayList<Integer>();
    for (int layer = 0; layer < blocks.size(); layer++) {
      Axis axis =
          switch (size) {
            case NEURONS -> neurons(layer);
            case HEADS -> heads(layer);
            default -> groups(layer);
          };
      all.add(axis.units());
    }
    return all;
  }

  /**
   * Why loaders of the family would not open a version of these sizes, if they would not.
   *
   * <p>Where config.json has no place for the size of a head, loaders divide the hidden size by the
   * number of heads. Llama's config has one, but is refused unless the division comes out even all
   * the same (transformers 4.57.6 and 5.18, {@code models/llama/configuration_llama.py}).
   */
  Optional<String> misfit(int hidden, int heads) {
    JsonNode type = model.directory().config().path("model_type");
    if (!network.widthKeys().sizesHeads() && hidden != heads * headSize()) {
      return Optional.of(
          "hidden %d is not %d heads of %d channels, and config.json of %s has no place for the size of a head"
              .formatted(hidden, heads, headSize(), type.asText()));
    }
    if (type.asText().equals("llama") && hidden % heads != 0) {
      return Optional.of(
          "hidden %d is no multiple of %d heads, which transformers demands of llama even though %s is given"
              .formatted(hidden, heads, HEAD_SIZE));
    }
    return Optional.empty();
  }

  /** Whether all numbers of the model together take at most so many bytes in float32. */
  public boolean fits(long bytes) {
    return bytes() <= bytes;
  }

  /** What all numbers of the model together take in float32. */
  long bytes() {
    long elements =
        architecture().shapes().values().stream()
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();
    return elements * Float.BYTES;
  }

  /** Why loaders of the family would not open it, if they would not. */
  Optional<String> misfit() {
    List<Integer> neurons = inLayers(Size.NEURONS);
    List<Integer> heads = inLayers(Size.HEADS);
    if (neurons.stream().distinct().count() > 1 || heads.stream().distinct().count() > 1) {
      return Optional.of("layers are not all alike");
    }
    return misfit(hidden().units(), heads.get(0));
  }

  private Axis axis(String name) {
    return find(name)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s has no axis '%s'".formatted(architecture().name(), name)));
  }

  private Optional<Axis> find(String name) {
    return architecture().axes().stream().filter(axis -> axis.name().equals(name)).findFirst();
  }
}
