package io.espalier.worker.algorithm.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of whole networks, against central differences in float64. */
final class ResnetGradientTest {
  /** Small enough that hardly any unit of a rectifier changes its sign. */
  private static final double STEP = 1e-7;

  private static final long SEED = 20260727;
  private static final int IMAGES = 3;

  /** One tensor out of so many is checked; prime to the number of tensors in a block. */
  private static final int EVERY = 7;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar-resnet20", "resnet26d"})
  void gradients_are_the_slopes_of_the_loss_with_statistics_of_the_batch(String golden) {
    assertGradientsAreSlopes(golden, Mode.TRAIN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar-resnet20", "resnet26d"})
  void gradients_are_the_slopes_of_the_loss_with_running_statistics(String golden) {
    assertGradientsAreSlopes(golden, Mode.EVALUATE);
  }

  @Test
  void the_same_step_twice_gives_the_same_bits() {
    List<float[]> first = gradients();
    List<float[]> second = gradients();

    assertThat(first).hasSize(59); // 19 convolutions, 19 scales, 19 shifts, one linear layer
    for (int i = 0; i < first.size(); i++) {
      assertThat(Arrays.equals(second.get(i), first.get(i))).isTrue();
    }
  }

  @Test
  void fifty_training_steps_leave_no_array_behind() {
    var counts = new ArrayList<Integer>();
    try (Weights weights = narrow(Golden.of("cifar-resnet20"))) {
      weights.requireGradients(true);

      for (int i = 0; i < 50; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray images = images(DataType.FLOAT32, 8);
          Gradients.of(() -> loss(weights, images, Mode.TRAIN));
          for (String name : weights.trainable()) {
            T.addScaledInPlace(weights.get(name), weights.gradient(name), -0.01);
          }
          weights.clearGradients();
        }
        counts.add(managed(weights.get("conv1.weight")) + managed(manager));
      }
    }

    assertThat(counts).containsOnly(counts.get(0));
  }

  private void assertGradientsAreSlopes(String golden, Mode mode) {
    var random = new Random(SEED);
    try (Weights single = narrow(Golden.of(golden));
        Weights weights = single.inDoublePrecision();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = images(DataType.FLOAT64, golden.startsWith("cifar") ? 8 : 32);
      weights.requireGradients(true);
      Gradients.of(() -> loss(weights, images, mode));

      double largest = 0;
      List<String> names = weights.trainable();
      for (int i = mode.batchStatistics() ? 0 : 1; i < names.size(); i += EVERY) {
        NDArray tensor = weights.get(names.get(i));
        int at = random.nextInt((int) tensor.size());
        double slope = slope(weights, tensor, at, images, mode);
        assertThat(weights.gradient(names.get(i)).toDoubleArray()[at])
            .as("%s[%d], seed %d", names.get(i), at, SEED)
            .isCloseTo(slope, within(1e-6));
        largest = Math.max(largest, Math.abs(slope));
      }
      assertThat(largest).isGreaterThan(0.01);
    }
  }

  private double slope(Weights weights, NDArray tensor, int at, NDArray images, Mode mode) {
    double[] unit = new double[(int) tensor.size()];
    unit[at] = 1;
    NDArray direction = manager.create(unit, tensor.getShape());
    T.addScaledInPlace(tensor, direction, STEP);
    double above = loss(weights, images, mode).getDouble();
    T.addScaledInPlace(tensor, direction, -2 * STEP);
    double below = loss(weights, images, mode).getDouble();
    T.addScaledInPlace(tensor, direction, STEP);
    return (above - below) / (2 * STEP);
  }

  private List<float[]> gradients() {
    try (Weights weights = narrow(Golden.of("cifar-resnet20"));
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = images(DataType.FLOAT32, 16);
      weights.requireGradients(true);
      Gradients.of(() -> loss(weights, images, Mode.TRAIN));
      return weights.trainable().stream()
          .map(name -> weights.gradient(name).toFloatArray())
          .toList();
    }
  }

  private NDArray loss(Weights weights, NDArray images, Mode mode) {
    NDArray logits = new Resnet().forward(weights, images, mode);
    return Losses.crossEntropy(logits, T.of(manager, new long[] {0, 7, 3}, IMAGES));
  }

  private NDArray images(DataType type, int side) {
    var random = new Random(SEED);
    double[] pixels = random.doubles(3L * IMAGES * side * side, -2, 2).toArray();
    return manager.create(pixels, new Shape(IMAGES, 3, side, side)).toType(type, true);
  }

  /** At most four units of every axis that may be cut. */
  private Weights narrow(Golden golden) {
    try (Weights whole = golden.weights(manager)) {
      var units = new HashMap<String, int[]>();
      for (Axis axis : whole.architecture().prunableAxes()) {
        units.put(
            axis.name(),
            new Random(SEED).ints(0, axis.units()).distinct().limit(4).sorted().toArray());
      }
      return whole.keep(new Kept(units));
    }
  }

  private static int managed(NDArray array) {
    return managed(array.getManager());
  }

  private static int managed(NDManager manager) {
    return ((PtNDManager) manager).getManagedArrays().size();
  }
}
