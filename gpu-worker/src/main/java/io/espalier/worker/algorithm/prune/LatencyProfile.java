package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.LatencyModel;
import io.espalier.worker.algorithm.search.LatencyTable;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;

/**
 * Latency of a space's models on this device, predicted from times of single layers.
 *
 * <p>Each layer is timed alone at up to five output and five input sizes, from the narrowest to the
 * whole. What they add up to is then scaled and shifted so that it is right for two models that are
 * timed whole: the widest and the narrowest of the space. That accounts for what is not a layer,
 * such as normalisation and pooling, which also grows with the widths. If that leaves less than
 * nothing for what no width changes, each layer takes less by a part of its shortest time.
 */
public final class LatencyProfile {
  private static final int GRID = 5;
  private static final String PHASE = "timing layers";

  /**
   * Times two whole models against each other.
   *
   * @see io.espalier.worker.algorithm.evaluate.Evaluation#latencies
   */
  @FunctionalInterface
  public interface WholeModels {
    /** Returns how fast the models at the given widths are, side by side. */
    List<Latency> latencies(Widths one, Widths other);
  }

  private final SearchSpace space;
  private final CostModel costs;
  private final ToDoubleFunction<Sized> timer;
  private final LatencyStore store;
  private final String device;

  /**
   * A profile of a space.
   *
   * @param costs of its models
   * @param timer nanoseconds of one pass of a layer
   * @param store where times are looked up and kept
   * @param device that they are of, in words
   */
  public LatencyProfile(
      SearchSpace space,
      CostModel costs,
      ToDoubleFunction<Sized> timer,
      LatencyStore store,
      String device) {
    this.space = space;
    this.costs = costs;
    this.timer = timer;
    this.store = store;
    this.device = device;
  }

  /**
   * Measures what is not known yet.
   *
   * @param models times whole models of the space
   * @throws io.espalier.worker.domain.WorkerException if the device cannot be timed
   */
  public LatencyModel measure(WholeModels models, Progress.Listener progress) {
    Map<String, Double> times = times(progress);
    Map<String, LatencyTable> tables = tables(times, 0);
    List<Latency> whole = models.latencies(space.max(), space.min());
    double slowest = nanos(whole.get(0));
    double fastest = nanos(whole.get(1));
    CostModel layers = costs.withLatency(new LatencyModel(0, 1, tables));
    double widest = layers.cost(space.max()).latencyNanos();
    double narrowest = layers.cost(space.min()).latencyNanos();
    double slope = (slowest - fastest) / (widest - narrowest);
    double fixed = slowest - slope * widest;
    if (!(slope > 0
        && Double.isFinite(slope))) { // by noise: all time is taken to be that of layers
      return new LatencyModel(0, slowest / widest, tables);
    }
    return fixed >= 0
        ? new LatencyModel(Math.round(fixed), slope, tables)
        : new LatencyModel(0, slope, tables(times, 1 - fastest / (slope * narrowest)));
  }

  private static long nanos(Latency latency) {
    return LayerTimer.requirePassed(LatencyBound.nanos(latency), "a whole model");
  }

  /** The times of all layers at all sizes of their grids, by size. */
  private Map<String, Double> times(Progress.Listener progress) {
    List<Layer> layers = space.architecture().layers();
    Map<String, Double> known = new TreeMap<>(store.load(device));
    for (int i = 0; i < layers.size(); i++) {
      int before = known.size();
      for (Sized[] row : grid(layers.get(i))) {
        for (Sized sized : row) {
          known.computeIfAbsent(sized.key(), key -> timer.applyAsDouble(sized));
        }
      }
      if (known.size() > before) {
        store.save(device, known);
      }
      progress.report(Progress.of(PHASE, i + 1, layers.size()));
    }
    return known;
  }

  /**
   * Tables of all layers.
   *
   * @param less the part of its time at its smallest size by which a layer takes less at all sizes
   */
  private Map<String, LatencyTable> tables(Map<String, Double> times, double less) {
    var tables = new LinkedHashMap<String, LatencyTable>();
    for (Layer layer : space.architecture().layers()) {
      Sized[][] grid = grid(layer);
      double off = less * time(times, grid[0][0]);
      double[][] nanos = new double[grid.length][grid[0].length];
      for (int o = 0; o < nanos.length; o++) {
        for (int i = 0; i < nanos[o].length; i++) {
          nanos[o][i] = Math.max(0, time(times, grid[o][i]) - off);
        }
      }
      tables.put(layer.weight(), LatencyTable.of(outs(layer), ins(layer), nanos));
    }
    return tables;
  }

  private static double time(Map<String, Double> times, Sized sized) {
    return Objects.requireNonNull(times.get(sized.key()));
  }

  private Sized[][] grid(Layer layer) {
    int[] ins = ins(layer);
    boolean flat = isFlat(layer);
    return Arrays.stream(outs(layer))
        .mapToObj(
            out ->
                Arrays.stream(ins)
                    .mapToObj(in -> new Sized(out, in, layer.window(), layer.depthwise(), flat))
                    .toArray(Sized[]::new))
        .toArray(Sized[][]::new);
  }

  private int[] outs(Layer layer) {
    return sizes(layer.out());
  }

  private int[] ins(Layer layer) {
    return layer.depthwise() ? new int[] {1} : sizes(layer.in());
  }

  /** Sizes that a dimension may have, from its smallest to its largest. */
  private int[] sizes(Dimension dimension) {
    Map<String, Choices> choices = new HashMap<>();
    space.axes().forEach(axis -> choices.put(axis.axis().name(), axis));
    int largest = dimension.size();
    int smallest = largest;
    for (Dimension.Along part : dimension.parts()) {
      Axis axis = part.axis();
      Choices found = choices.get(axis.name());
      int units = found == null ? axis.units() : found.widths().get(0);
      smallest -= (axis.units() - units) * part.indicesPerUnit();
    }
    var sizes = new TreeSet<Integer>();
    for (int i = 0; i < GRID; i++) {
      sizes.add(smallest + Math.round((float) (largest - smallest) * i / (GRID - 1)));
    }
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }

  private boolean isFlat(Layer layer) {
    return space.architecture().tensors().stream()
        .filter(tensor -> tensor.name().equals(layer.weight()))
        .map(TensorSpec::dimensions)
        .anyMatch(dimensions -> dimensions.size() == 2);
  }
}
