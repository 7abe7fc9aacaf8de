package io.espalier.worker.model;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.TextNetwork;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

/** Units that stay, drawn at random or not. */
public final class RandomCuts {
  private RandomCuts() {}

  /** Of most axes that may be cut, some units; of the others all. */
  public static Kept draw(Architecture architecture, long seed) {
    var random = new Random(seed);
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      if (random.nextInt(4) > 0) {
        int[] kept = IntStream.range(0, axis.units()).filter(u -> random.nextInt(3) > 0).toArray();
        units.put(axis.name(), kept.length > 0 ? kept : new int[] {random.nextInt(axis.units())});
      }
    }
    return new Kept(units);
  }

  /**
   * As {@link #draw}, and of heads that share keys and values sometimes as many in each group, and
   * sometimes some of the groups; and some neurons of most experts.
   */
  public static Kept withGroups(Architecture architecture, long seed) {
    var units = new HashMap<>(draw(architecture, seed).units());
    units.putAll(neuronsOfExperts(architecture, seed));
    var random = new Random(~seed);
    var axes = new HashMap<String, Integer>();
    architecture.axes().forEach(axis -> axes.put(axis.name(), axis.units()));
    for (Axis groups : architecture.axes()) {
      if (groups.name().endsWith(TextNetwork.GROUPS) && random.nextInt(4) > 0) {
        String heads = groups.name().replace(TextNetwork.GROUPS, TextNetwork.HEADS);
        int each = axes.get(heads) / groups.units();
        int stay = 1 + random.nextInt(each);
        int[] kept = some(random, groups.units(), 1 + random.nextInt(groups.units()));
        units.put(groups.name(), kept);
        units.put(
            heads,
            IntStream.of(kept)
                .flatMap(g -> IntStream.of(some(random, each, stay)).map(h -> g * each + h))
                .toArray());
      }
    }
    return new Kept(units);
  }

  private static Map<String, int[]> neuronsOfExperts(Architecture architecture, long seed) {
    var random = new Random(seed + 1);
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.axes()) {
      if (axis.name().matches(".*\\.experts\\.\\d+\\.neurons") && random.nextInt(4) > 0) {
        units.put(axis.name(), some(random, axis.units(), 1 + random.nextInt(axis.units())));
      }
    }
    return units;
  }

  /** The same architecture in which every axis may be cut. */
  public static Architecture thawed(Architecture architecture) {
    return new Architecture(
        architecture.family(),
        architecture.name(),
        architecture.tensors(),
        architecture.axes(),
        architecture.layers(),
        architecture.attentions(),
        Map.of(),
        architecture.stacks());
  }

  private static int[] some(Random random, int units, int stay) {
    return random.ints(0, units).distinct().limit(stay).sorted().toArray();
  }

  /** At most four units of every axis that may be cut. */
  static Kept atMostFour(Architecture architecture, long seed) {
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      int width = Math.min(4, axis.units());
      units.put(
          axis.name(),
          new Random(seed).ints(0, axis.units()).distinct().limit(width).sorted().toArray());
    }
    return new Kept(units);
  }

  /** The first two and the last two units of every axis that may be cut, so that all are alike. */
  static Kept ends(Architecture architecture) {
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      int last = axis.units() - 1;
      units.put(axis.name(), last < 3 ? new int[] {last} : new int[] {0, 1, last - 1, last});
    }
    return new Kept(units);
  }
}
