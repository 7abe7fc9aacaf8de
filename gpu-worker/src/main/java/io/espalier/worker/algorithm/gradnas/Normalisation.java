package io.espalier.worker.algorithm.gradnas;

import io.espalier.worker.model.family.MaskableNetwork.Block;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/** Normalisation that makes scores of all layers and kinds of units comparable. */
public enum Normalisation {
  /** As they are, as ModelOpt does. */
  RAW("raw") {
    @Override
    public Map<String, double[]> apply(Map<String, double[]> scores, List<Block> blocks) {
      return scores;
    }
  },
  /** The units of each layer, heads and neurons apart, share 1. */
  LAYER("layer") {
    @Override
    public Map<String, double[]> apply(Map<String, double[]> scores, List<Block> blocks) {
      var shares = new LinkedHashMap<String, double[]>();
      scores.forEach((axis, values) -> shares.put(axis, divided(values, sum(values))));
      return shares;
    }
  },
  /** All heads of the model share 1, and so do all neurons. */
  KIND("kind") {
    @Override
    public Map<String, double[]> apply(Map<String, double[]> scores, List<Block> blocks) {
      var shares = new LinkedHashMap<>(scores);
      for (Function<Block, String> kind :
          List.<Function<Block, String>>of(Block::heads, Block::neurons)) {
        Map<String, double[]> same = new LinkedHashMap<>(scores);
        same.keySet().retainAll(blocks.stream().map(kind).toList());
        double sum = same.values().stream().mapToDouble(Normalisation::sum).sum();
        same.forEach((axis, values) -> shares.put(axis, divided(values, sum)));
      }
      return shares;
    }
  };

  private final String key;

  Normalisation(String key) {
    this.key = key;
  }

  /** Its name in policies and reports. */
  public String key() {
    return key;
  }

  /**
   * Scores that can be compared.
   *
   * @param scores one per unit, by axis
   * @param blocks the layers of the model
   */
  public abstract Map<String, double[]> apply(Map<String, double[]> scores, List<Block> blocks);

  private static double sum(double[] values) {
    return DoubleStream.of(values).sum();
  }

  private static double[] divided(double[] values, double by) {
    return DoubleStream.of(values).map(value -> value / by).toArray();
  }
}
