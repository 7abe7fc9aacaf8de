package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Attention;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.Window;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Costs of the repeated parts of a decoder, each by one in the place of all; and of the rest.
 *
 * <p>Every token has so many experts, however many there are and whichever they are. So what all
 * experts of a layer compute together is what one of them would that had all these tokens, while
 * what they hold is so many times what one does.
 *
 * @param blueprint of the whole
 * @param cache of how many tokens keys and values count as memory, if they do
 * @param tensors headers of all tensors of the model's files
 */
record CostParts(
    NetworkBlueprint blueprint, Optional<KvCacheSize> cache, Map<String, TensorHeader> tensors) {
  /** Parts of a model. */
  static CostParts of(NetworkBlueprint blueprint, Optional<KvCacheSize> cache) {
    return new CostParts(blueprint, cache, blueprint.model().directory().tensors());
  }

  /** A layer without experts. */
  CostModel layer(int layer) {
    return around(layer, weight -> true, layers(inLayer(layer)));
  }

  /**
   * Returns what is no expert that only some tokens of a layer have, and what all of these compute.
   */
  CostModel around(int layer, LayerExperts experts) {
    Predicate<String> outside = name -> experts.stack().unit(name).isEmpty();
    List<Layer> first =
        layers(name -> name.startsWith(experts.stack().module(0) + ".")).stream()
            .map(each -> on(each, experts.stack().shared().orElseThrow()))
            .toList();
    List<Layer> others = layers(inLayer(layer).and(outside));
    return around(layer, outside, Stream.concat(others.stream(), first.stream()).toList());
  }

  private static Layer on(Layer layer, int tokens) {
    return new Layer(
        layer.weight(),
        layer.out(),
        layer.in(),
        Window.tokens(tokens),
        layer.depthwise(),
        layer.bias());
  }

  private CostModel around(int layer, Predicate<String> outside, List<Layer> layers) {
    Predicate<String> own = inLayer(layer).and(outside);
    CostModel costs =
        CostModel.of(part(own, layers), name -> widestBits(name, blueprint.blocks()), 0);
    return cache
        .map(
            tokens -> costs.withMemory(KvCacheSize.kept(blueprint, layer), tokens.bytes(blueprint)))
        .orElse(costs);
  }

  /** Returns what an expert holds. */
  CostModel expert(LayerExperts experts) {
    List<String> all =
        blueprint.sparseLayers().stream()
            .flatMap(layer -> blueprint.experts(layer).orElseThrow().modules().stream())
            .toList();
    String own = experts.stack().module(0) + ".";
    return withoutCache(
        CostModel.of(
            part(name -> name.startsWith(own), List.of()), name -> widestBits(name, all), 0));
  }

  /** Returns what is in no layer. */
  CostModel rest(long headerBytes) {
    Predicate<String> outside =
        name -> blueprint.blocks().stream().noneMatch(block -> name.startsWith(block + "."));
    return withoutCache(CostModel.of(part(outside, layers(outside)), this::bits, headerBytes));
  }

  private CostModel withoutCache(CostModel costs) {
    return cache.map(any -> costs.withMemory(List.of(), 0)).orElse(costs);
  }

  private Predicate<String> inLayer(int layer) {
    String start = blueprint.blocks().get(layer) + ".";
    return name -> name.startsWith(start);
  }

  private List<Layer> layers(Predicate<String> has) {
    return blueprint.architecture().layers().stream()
        .filter(layer -> has.test(layer.weight()))
        .toList();
  }

  /** The same architecture with some of its tensors and attentions, and with layers. */
  private Architecture part(Predicate<String> has, List<Layer> layers) {
    Architecture all = blueprint.architecture();
    List<TensorSpec> tensors =
        all.tensors().stream().filter(tensor -> has.test(tensor.name())).toList();
    List<Attention> attentions =
        all.attentions().stream().filter(each -> has.test(each.module() + ".")).toList();
    var used = new HashSet<Axis>();
    tensors.forEach(tensor -> tensor.dimensions().forEach(side -> add(used, side)));
    layers.forEach(layer -> Stream.of(layer.out(), layer.in()).forEach(side -> add(used, side)));
    attentions.forEach(each -> add(used, each.heads()));
    return new Architecture(
        all.family(),
        all.name(),
        tensors,
        all.axes().stream().filter(used::contains).toList(),
        layers,
        attentions,
        all.frozen());
  }

  private static void add(Set<Axis> used, Dimension side) {
    side.parts().forEach(part -> used.add(part.axis()));
  }

  private int bits(String tensor) {
    return Optional.ofNullable(tensors.get(tensor))
        .map(TensorHeader::dtype)
        .map(dtype -> dtype.bits())
        .orElse(0);
  }

  /** The most bits per element that a tensor of the same name has in any of some modules. */
  private int widestBits(String tensor, List<String> modules) {
    String own =
        modules.stream()
            .filter(module -> tensor.startsWith(module + "."))
            .findFirst()
            .map(module -> tensor.substring(module.length()))
            .orElseThrow();
    return modules.stream().mapToInt(module -> bits(module + own)).max().orElse(0);
  }
}
