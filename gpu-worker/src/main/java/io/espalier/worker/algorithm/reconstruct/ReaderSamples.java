package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.BatchNorm;
import io.espalier.worker.tensor.FeatureMaps;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Samples of one layer: what it should say, from the original network, and what it reads in the cut
 * one. Both are taken behind the scale of the layer's BatchNorm, where the channels count as they
 * do in the network, and where the error of a shortcut can be made good.
 */
final class ReaderSamples implements AutoCloseable {
  private static final double SMALL_SCALE = 1e-3;

  private final SolvedLayer reader;
  private final int[] outputs;
  private final SamplePlaces places;
  private final Weights cut;
  private final NDManager manager;
  private final NDArray scale;
  private final NDArray inverse;
  private final NDArray mendable;
  private final List<int[]> drawn = new ArrayList<>();
  private final List<NDArray> targets = new ArrayList<>();

  /**
   * No samples yet.
   *
   * @param kept units that stay
   * @param cut the cut network; its BatchNorms have the original's statistics
   * @param manager outlives the samples
   */
  ReaderSamples(
      SolvedLayer reader, Kept kept, Weights cut, SamplePlaces places, NDManager manager) {
    this.reader = reader;
    this.outputs = reader.layer().out().indices(kept);
    this.cut = cut;
    this.places = places;
    this.manager = manager.newSubManager();
    double[] scales = scales();
    this.scale = lasting(scales);
    this.inverse = lasting(inverse(scales));
    this.mendable = lasting(mendable(scales));
  }

  /** The factor of each output in the BatchNorm behind the layer; 1 if there is none. */
  private double[] scales() {
    double[] scales = new double[outputs.length];
    Arrays.fill(scales, 1);
    reader.norm().ifPresent(name -> fill(scales, BatchNorm.of(cut, name)));
    return scales;
  }

  private static void fill(double[] scales, BatchNorm norm) {
    float[] weight = norm.weight().toFloatArray();
    float[] variance = norm.variance().toFloatArray();
    for (int i = 0; i < scales.length; i++) {
      scales[i] = weight[i] / Math.sqrt(variance[i] + FeatureMaps.BATCH_NORM_EPSILON);
    }
  }

  /** Returns what turns a change of scaled outputs into one of outputs; 0 where the scale is. */
  private static double[] inverse(double[] scales) {
    return Arrays.stream(scales).map(scale -> scale == 0 ? 0 : 1 / scale).toArray();
  }

  /** 0 for outputs that count so little that mending a shortcut by them would take huge weights. */
  private static double[] mendable(double[] scales) {
    double mean = Arrays.stream(scales).map(Math::abs).average().orElse(0);
    return Arrays.stream(scales)
        .map(scale -> Math.abs(scale) < SMALL_SCALE * mean ? 0 : 1)
        .toArray();
  }

  /** An array that outlives the open scope. */
  private NDArray lasting(double[] values) {
    NDArray array = Tensors.of(manager, floats(values), values.length);
    NDScope.unregister(array);
    return array;
  }

  private static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Returns the layer. */
  SolvedLayer reader() {
    return reader;
  }

  /** Takes what the layer should say in the next batch from a pass of the original. */
  void addTarget(ActivationTrace original) {
    NDArray y = original.of(reader.module()).y();
    int[] at = y.getShape().dimension() == 2 ? new int[0] : places.of(drawn.size(), y);
    drawn.add(at);
    NDArray target = Tensors.multiply(Tensors.select(said(y, at), 1, outputs), scale);
    if (reader.joined()) {
      NDArray past = original.shortcut(reader.module()).orElseThrow();
      target =
          Tensors.add(
              target, Tensors.multiply(Tensors.select(said(past, at), 1, outputs), mendable));
    }
    NDScope.unregister(target);
    target.attach(manager);
    targets.add(target);
  }

  /** Least squares for the layer, without samples. */
  LeastSquares squares(NDManager manager) {
    NDArray weight = cut.get(reader.layer().weight());
    int inputs = Math.toIntExact(weight.size() / outputs.length);
    return new LeastSquares(manager, reader.layer().weight(), inputs, outputs.length);
  }

  /** Adds a batch to least squares, from a pass of the cut network. */
  void addTo(LeastSquares squares, int batch, ActivationTrace trace) {
    int[] at = drawn.get(batch);
    NDArray target = targets.get(batch);
    if (reader.joined()) {
      NDArray past = trace.shortcut(reader.module()).orElseThrow();
      target = Tensors.subtract(target, Tensors.multiply(said(past, at), mendable));
    }
    squares.add(read(trace.of(reader.module()), at), target);
  }

  private NDArray read(ActivationTrace.Pass pass, int[] at) {
    if (pass.x().getShape().dimension() == 2) {
      return pass.x();
    }
    return reader.windows().read(pass.x(), at);
  }

  private static NDArray said(NDArray y, int[] at) {
    return y.getShape().dimension() == 2 ? y : ConvolutionWindows.said(y, at);
  }

  /** Solves for the layer, and puts what goes out into the cut network. */
  LayerReconstruction solve(LeastSquares squares) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray weight = cut.get(reader.layer().weight());
      NDArray column = Tensors.reshape(scale, outputs.length, 1);
      boolean linear = weight.getShape().dimension() == 2;
      NDArray rows = linear ? weight : ConvolutionWindows.rows(weight);
      LinearMap plain =
          LinearMap.of(Tensors.multiply(rows, column), Tensors.multiply(bias(), scale));
      LeastSquares.Solution solution = squares.solve(plain, reader.intercept());
      if (solution.report().solved()) {
        LinearMap map = solution.map();
        NDArray slope = Tensors.subtract(map.weight(), plain.weight());
        NDArray change = Tensors.multiply(slope, Tensors.reshape(inverse, outputs.length, 1));
        add(weight, linear ? change : ConvolutionWindows.weight(change, weight.getShape()), 1);
        takeUp(Tensors.multiply(Tensors.subtract(map.intercept(), plain.intercept()), inverse));
      }
      return solution.report();
    }
  }

  private NDArray bias() {
    return reader.layer().bias()
        ? cut.get(reader.module() + ".bias")
        : Tensors.full(scale, 0, outputs.length);
  }

  /** The constant goes into the BatchNorm's mean, or into the bias if there is no BatchNorm. */
  private void takeUp(NDArray constant) {
    if (reader.norm().isPresent()) {
      add(cut.get(reader.norm().get() + ".running_mean"), constant, -1);
    } else if (reader.layer().bias()) {
      add(cut.get(reader.module() + ".bias"), constant, 1);
    }
  }

  private static void add(NDArray target, NDArray change, double sign) {
    Tensors.addScaledInPlace(target, Tensors.inTypeOf(target, change), sign);
  }

  @Override
  public void close() {
    manager.close();
  }
}
