package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.Sharding;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.checkpoint.TensorHeader;
import io.espalier.worker.domain.model.Architecture;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;

/**
 * What versions of a decoder cost whose layers are all alike: as many times what a layer costs as
 * there are layers, and what all else costs.
 *
 * <p>Operations, parameters and memory are exact. Bytes of files count the header as it is with all
 * layers, so files are no larger. Where layers are stored in different types, all count as much as
 * the largest.
 */
public final class UniformCosts {
  private final Blueprint blueprint;
  private final CostModel layer;
  private final CostModel rest;

  /**
   * Costs of versions of a model.
   *
   * @param sharding how they are spread over files
   * @param cache of how many tokens keys and values count as memory; memory is unknown if it is not
   *     said
   */
  public UniformCosts(Blueprint blueprint, Sharding sharding, Optional<Cache> cache) {
    this.blueprint = blueprint;
    String first = blueprint.blocks().get(0) + ".";
    CostModel one =
        CostModel.of(part(name -> name.startsWith(first)), name -> widestBits(first, name), 0);
    CostModel others =
        CostModel.of(
            part(name -> blueprint.blocks().stream().noneMatch(b -> name.startsWith(b + "."))),
            this::bits,
            Surgery.headerBytesAtMost(
                blueprint.model().directory(), blueprint.architecture(), sharding));
    this.layer =
        cache
            .map(tokens -> one.withMemory(Cache.kept(blueprint, 0), tokens.bytes(blueprint)))
            .orElse(one);
    this.rest = cache.map(tokens -> others.withMemory(List.of(), 0)).orElse(others);
  }

  private UniformCosts(Blueprint blueprint, CostModel layer, CostModel rest) {
    this.blueprint = blueprint;
    this.layer = layer;
    this.rest = rest;
  }

  /** The same costs with latency. */
  UniformCosts withLatency(Forecast forecast) {
    return new UniformCosts(
        blueprint,
        layer.withLatency(forecast.ofLayer(blueprint)),
        rest.withLatency(forecast.ofRest(blueprint)));
  }

  /** The cost of a version. */
  public Cost of(Sizes sizes) {
    return rest(sizes.hidden()).plus(layer(sizes).times(sizes.layers()));
  }

  /** What is no layer of a version with that many channels. */
  Cost rest(int hidden) {
    return rest.cost(new Widths(Map.of(Blueprint.HIDDEN, hidden)));
  }

  /** One layer of a version. */
  Cost layer(Sizes sizes) {
    var widths = new HashMap<String, Integer>();
    widths.put(Blueprint.HIDDEN, sizes.hidden());
    widths.put(blueprint.neurons(0).name(), sizes.neurons());
    widths.put(blueprint.heads(0).name(), sizes.heads());
    widths.put(blueprint.groups(0).name(), sizes.groups());
    return layer.cost(new Widths(widths));
  }

  /** The same architecture with some of its tensors, layers and attentions. */
  private Architecture part(Predicate<String> has) {
    Architecture all = blueprint.architecture();
    return new Architecture(
        all.family(),
        all.name(),
        all.tensors().stream().filter(tensor -> has.test(tensor.name())).toList(),
        all.axes(),
        all.layers().stream().filter(layer -> has.test(layer.weight())).toList(),
        all.attentions().stream().filter(each -> has.test(each.module() + ".")).toList(),
        all.frozen());
  }

  private int bits(String tensor) {
    return header(tensor).map(found -> found.dtype().bits()).orElse(0);
  }

  private int widestBits(String first, String tensor) {
    String own = tensor.substring(first.length());
    OptionalInt widest =
        blueprint.blocks().stream().mapToInt(block -> bits(block + "." + own)).max();
    return widest.orElse(0);
  }

  private Optional<TensorHeader> header(String tensor) {
    return Optional.ofNullable(blueprint.model().directory().tensors().get(tensor));
  }
}
