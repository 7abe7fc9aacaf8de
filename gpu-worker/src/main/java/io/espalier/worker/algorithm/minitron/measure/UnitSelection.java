package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decides which units stay: those that fire the most, by position where they fire alike.
 *
 * <p>Channels of the stream have one order for the whole model; neurons one in each layer, or in
 * each expert. Experts and groups of heads are ranked in each layer, and heads within their group,
 * of which equally many stay in each. What stays keeps its order.
 *
 * @param blueprint of the model
 * @param activity of all its layers
 */
public record UnitSelection(NetworkBlueprint blueprint, ActivationScores activity) {
  /** The choice by position alone, as if all units fired alike. */
  public static UnitSelection byPosition(NetworkBlueprint blueprint) {
    var layers = new ArrayList<LayerActivationScores>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      Map<String, double[]> units =
          Map.of(
              LayerActivationScores.NEURONS, new double[blueprint.neurons(layer).units()],
              LayerActivationScores.HEADS, new double[blueprint.heads(layer).units()],
              LayerActivationScores.HIDDEN, new double[blueprint.hidden().units()]);
      layers.add(new LayerActivationScores(units, 0));
    }
    return new UnitSelection(blueprint, new ActivationScores("by position", layers));
  }

  /**
   * The units of a subnet whose layers are all alike.
   *
   * @return by axis; says nothing of layers, and nothing of axes that stay whole
   */
  public Kept of(DecoderSizes sizes) {
    var kept = new LinkedHashMap<String, int[]>();
    put(kept, blueprint.hidden(), stream(sizes.hidden()));
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      feedForward(kept, layer, sizes);
      attention(kept, layer, sizes.groups(), sizes.headsPerGroup());
    }
    return new Kept(kept);
  }

  /**
   * Returns the channels of the stream that stay; of directions the first, which are the strongest.
   */
  private int[] stream(int count) {
    return blueprint.basis().rotated()
        ? IntStream.range(0, count).toArray()
        : first(activity.hidden(), count);
  }

  private void feedForward(Map<String, int[]> kept, int layer, DecoderSizes sizes) {
    Optional<LayerExperts> sparse = blueprint.experts(layer);
    if (sparse.isEmpty()) {
      put(kept, blueprint.neurons(layer), first(activity.neurons(layer), sizes.neurons()));
      return;
    }
    LayerExperts experts = sparse.get();
    int[] best = first(activity.experts(layer), sizes.experts());
    put(kept, experts.counted(), best);
    for (int expert : best) {
      double[] scores = activity.neurons(layer, expert);
      put(kept, experts.neurons().get(expert), first(scores, sizes.expertNeurons()));
    }
    experts
        .shared()
        .ifPresent(
            axis -> put(kept, axis, first(activity.sharedNeurons(layer), sizes.sharedNeurons())));
  }

  /**
   * The units of a subnet whose layers differ; the stream and groups stay.
   *
   * @param widths of neurons and heads by the names of their axes; the others stay whole
   */
  public Kept of(Map<String, Integer> widths) {
    var kept = new LinkedHashMap<String, int[]>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      Axis neurons = blueprint.neurons(layer);
      int width = widths.getOrDefault(neurons.name(), neurons.units());
      put(kept, neurons, first(activity.neurons(layer), width));
      Axis heads = blueprint.heads(layer);
      int left = widths.getOrDefault(heads.name(), heads.units());
      boolean shared = !blueprint.groups(layer).equals(heads);
      int groups = shared ? blueprint.groups(layer).units() : left;
      attention(kept, layer, groups, left / groups);
    }
    return new Kept(kept);
  }

  private void attention(Map<String, int[]> kept, int layer, int groups, int perGroup) {
    Axis all = blueprint.groups(layer);
    double[] heads = activity.heads(layer);
    int size = heads.length / all.units();
    int[] best = first(activity.groups(layer, all.units()), groups);
    put(kept, all, best);
    put(kept, blueprint.heads(layer), inGroups(heads, size, best, perGroup));
  }

  /** So many heads of each of some groups. */
  public static int[] inGroups(double[] heads, int groupSize, int[] groups, int perGroup) {
    return Arrays.stream(groups)
        .flatMap(
            group -> {
              int from = group * groupSize;
              double[] own = Arrays.copyOfRange(heads, from, from + groupSize);
              return Arrays.stream(first(own, perGroup)).map(head -> from + head);
            })
        .toArray();
  }

  /** The positions of the largest scores, ascending. */
  public static int[] first(double[] scores, int count) {
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(
            Comparator.comparingDouble((Integer unit) -> -scores[unit])
                .thenComparing(Comparator.naturalOrder()))
        .limit(count)
        .mapToInt(Integer::intValue)
        .sorted()
        .toArray();
  }

  private static void put(Map<String, int[]> kept, Axis axis, int[] units) {
    if (units.length < axis.units()) {
      kept.put(axis.name(), units);
    }
  }
}
