package io.espalier.worker.algorithm.minitron.space;

import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/**
 * Costs of subnets of a decoder whose layers are all alike, or those with experts and those
 * without: the cost of a layer of each kind times their number, and the cost of all else.
 *
 * <p>Operations, parameters and memory are exact. Bytes of files count the header as it is with all
 * layers and experts, so files are no larger. Where layers or experts are stored in different
 * types, all count as much as the largest.
 *
 * <p>Which layers stay is decided by data, so where there are both kinds it is not known beforehand
 * how many of each do. Until then a number of layers costs as much of each quantity as the
 * costliest mix of so many; no choice of layers costs more.
 */
public final class UniformCosts {
  /**
   * Costs of the layers of a subnet.
   *
   * @param dense one without experts; nothing if there is none
   * @param sparse one with experts; nothing if there is none
   * @param mostDense how many of those there are
   * @param mostSparse how many of these there are
   */
  public record LayerCosts(Cost dense, Cost sparse, int mostDense, int mostSparse) {
    /** At most so much, whichever layers so many are. */
    public Cost atMost(int layers) {
      // What a mix costs is linear in the number of sparse layers, so an end has the most.
      Cost fewest = of(layers, Math.max(0, layers - mostDense));
      return fewest.most(of(layers, Math.min(layers, mostSparse)));
    }

    /** So many layers, some of which have experts. */
    public Cost of(int layers, int sparseLayers) {
      return dense.times(layers - sparseLayers).plus(sparse.times(sparseLayers));
    }
  }

  private static final Cost NOTHING = new Cost(0, 0, 0);

  private final NetworkBlueprint blueprint;
  private final CostParts parts;
  private final Set<Integer> sparseLayers;
  private final Function<DecoderSizes, Cost> dense;
  private final Function<DecoderSizes, Cost> sparse;
  private final CostModel rest;

  /**
   * Costs of subnets of a model.
   *
   * @param sharding how they are spread over files
   * @param cache of how many tokens keys and values count as memory; memory is unknown if it is not
   *     said
   */
  public UniformCosts(NetworkBlueprint blueprint, Sharding sharding, Optional<KvCacheSize> cache) {
    this.blueprint = blueprint;
    this.sparseLayers = Set.copyOf(blueprint.sparseLayers());
    this.parts = CostParts.of(blueprint, cache);
    this.dense =
        first(layer -> !sparseLayers.contains(layer), layer -> dense(layer, parts.layer(layer)));
    this.sparse = first(sparseLayers::contains, this::sparse);
    this.rest =
        parts.rest(
            Surgery.headerBytesAtMost(
                blueprint.model().directory(), blueprint.architecture(), sharding));
  }

  private UniformCosts(UniformCosts others, Function<DecoderSizes, Cost> layer, CostModel rest) {
    this.blueprint = others.blueprint;
    this.parts = others.parts;
    this.sparseLayers = others.sparseLayers;
    this.dense = layer;
    this.sparse = others.sparse;
    this.rest = rest;
  }

  /**
   * The same costs with latency.
   *
   * @throws IllegalStateException if layers have experts
   */
  UniformCosts withLatency(LatencyForecast forecast) {
    if (!sparseLayers.isEmpty()) {
      throw new IllegalStateException("no times of experts are foretold");
    }
    CostModel layer = parts.layer(0).withLatency(forecast.ofLayer(blueprint));
    return new UniformCosts(this, dense(0, layer), rest.withLatency(forecast.ofRest(blueprint)));
  }

  /** Costs of a kind of layer by its first one, or nothing. */
  private Function<DecoderSizes, Cost> first(
      IntPredicate kind, IntFunction<Function<DecoderSizes, Cost>> costs) {
    return IntStream.range(0, blueprint.blocks().size())
        .filter(kind)
        .mapToObj(costs)
        .findFirst()
        .orElse(sizes -> NOTHING);
  }

  private Function<DecoderSizes, Cost> dense(int layer, CostModel costs) {
    String neurons = blueprint.neurons(layer).name();
    return sizes -> {
      Map<String, Integer> widths = around(sizes, layer);
      widths.put(neurons, sizes.neurons());
      return costs.cost(new Widths(widths));
    };
  }

  private Function<DecoderSizes, Cost> sparse(int layer) {
    LayerExperts experts = blueprint.experts(layer).orElseThrow();
    CostModel around = parts.around(layer, experts);
    CostModel expert = parts.expert(experts);
    return sizes -> {
      Map<String, Integer> widths = around(sizes, layer);
      widths.put(experts.counted().name(), sizes.experts());
      widths.put(experts.neurons().get(0).name(), sizes.expertNeurons());
      experts.shared().ifPresent(axis -> widths.put(axis.name(), sizes.sharedNeurons()));
      var chosen = new Widths(widths);
      return around.cost(chosen).plus(expert.cost(chosen).times(sizes.experts()));
    };
  }

  private Map<String, Integer> around(DecoderSizes sizes, int layer) {
    var widths = new HashMap<String, Integer>();
    widths.put(blueprint.hidden().name(), sizes.hidden());
    widths.put(blueprint.heads(layer).name(), sizes.heads());
    widths.put(blueprint.groups(layer).name(), sizes.groups());
    return widths;
  }

  /** The cost of a subnet at most, whichever layers stay; exact if all layers are of one kind. */
  public Cost of(DecoderSizes sizes) {
    return rest(sizes.hidden()).plus(layers(sizes).atMost(sizes.layers()));
  }

  /**
   * The cost of a subnet.
   *
   * @param layers those that stay, by their numbers in the model
   */
  public Cost of(DecoderSizes sizes, List<Integer> layers) {
    int withExperts = (int) layers.stream().filter(sparseLayers::contains).count();
    return rest(sizes.hidden()).plus(layers(sizes).of(layers.size(), withExperts));
  }

  /** Returns what is no layer of a subnet with that many channels. */
  Cost rest(int hidden) {
    return rest.cost(new Widths(Map.of(blueprint.hidden().name(), hidden)));
  }

  /** The layers of a subnet, however many there are. */
  public LayerCosts layers(DecoderSizes sizes) {
    return new LayerCosts(
        dense.apply(sizes),
        sparse.apply(sizes),
        blueprint.blocks().size() - sparseLayers.size(),
        sparseLayers.size());
  }
}
