package io.espalier.worker.algorithm.family;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import java.util.HashMap;
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
