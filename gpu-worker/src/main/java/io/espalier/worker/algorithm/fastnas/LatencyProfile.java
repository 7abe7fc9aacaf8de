package io.espalier.worker.algorithm.fastnas;

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
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How long the models of a space take on this device, foretold from times of single layers.
 *
 * <p>Each layer is timed alone at up to five output and five input sizes, from the narrowest to the
 * whole. What they add up to is then scaled and shifted so that it is right for two models that are
 * timed whole: the widest and the narrowest of the space. That accounts for what is not a layer,
 * such as normalisation and pooling, which also grows with the widths.
 */
final class LatencyProfile {
  private static final int GRID = 5;
  private static final String PHASE = "timing layers";

  /**
   * Times two whole models against each other.
   *
   * @see io.espalier.worker.algorithm.evaluate.Evaluation#latencies
   */
  @FunctionalInterface
  interface WholeModels {
    /** How fast the models at the given widths are, side by side. */
    List<Latency> latencies(Widths one, Widths other);
  }

  private final SearchSpace space;
  private final CostModel costs;
  private final LayerTimer timer;
  private final LatencyStore store;
  private final String device;

  /**
   * A profile of the space of a plan.
   *
   * @param store where times are looked up and kept
   * @param device that they are of, in words
   */
  LatencyProfile(Plan plan, LayerTimer timer, LatencyStore store, String device) {
    this.space = plan.space();
    this.costs = plan.costs();
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
  LatencyModel measure(WholeModels models, Progress.Listener progress) {
    Map<String, LatencyTable> tables = tables(progress);
    List<Latency> whole = models.latencies(space.max(), space.min());
    double slowest = nanos(whole.get(0));
    double fastest = nanos(whole.get(1));
    CostModel layers = costs.withLatency(new LatencyModel(0, 1, tables));
    double widest = layers.cost(space.max()).latencyNanos();
    double narrowest = layers.cost(space.min()).latencyNanos();
    double slope = (slowest - fastest) / (widest - narrowest);
    double fixed = slowest - slope * widest;
    // Noise may turn a line upside down, or below zero; then all time is taken to be that of
    // layers.
    return slope > 0 && fixed >= 0
        ? new LatencyModel(Math.round(fixed), slope, tables)
        : new LatencyModel(0, slowest / widest, tables);
  }

  private static long nanos(Latency latency) {
    return LayerTimer.requirePassed(LatencyBound.nanos(latency), "a whole model");
  }

  private Map<String, LatencyTable> tables(Progress.Listener progress) {
    Architecture architecture = space.architecture();
    Map<String, Double> known = new TreeMap<>(store.load(device));
    int before = known.size();
    var tables = new LinkedHashMap<String, LatencyTable>();
    for (int i = 0; i < architecture.layers().size(); i++) {
      Layer layer = architecture.layers().get(i);
      tables.put(layer.weight(), table(layer, known));
      progress.report(Progress.of(PHASE, i + 1, architecture.layers().size()));
    }
    if (known.size() > before) {
      store.save(device, known);
    }
    return tables;
  }

  private LatencyTable table(Layer layer, Map<String, Double> known) {
    int[] outs = grid(layer.out());
    int[] ins = layer.depthwise() ? new int[] {1} : grid(layer.in());
    boolean flat = isFlat(layer);
    double[][] nanos = new double[outs.length][ins.length];
    for (int o = 0; o < outs.length; o++) {
      for (int i = 0; i < ins.length; i++) {
        var sized = new Sized(outs[o], ins[i], layer.window(), layer.depthwise(), flat);
        nanos[o][i] = known.computeIfAbsent(sized.key(), key -> timer.nanos(sized));
      }
    }
    return LatencyTable.of(outs, ins, nanos);
  }

  /** Sizes that a dimension may have, from its smallest to its largest. */
  private int[] grid(Dimension dimension) {
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
