package io.espalier.worker.algorithm.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients of narrow VGG, MobileNet and EfficientNet, against central differences in float64. */
final class TimmGradientTest {
  /** Small enough that hardly any unit passes a kink of its rectifier. */
  private static final double STEP = 1e-7;

  /** Of the slope where it is above 1: rounding of the losses grows with it. */
  private static final double TOLERANCE = 1e-6;

  private static final long SEED = 20260728;
  private static final int IMAGES = 3;

  /** Height and width; leaves 2 x 2 at the last convolution, so that batch statistics vary. */
  private static final int SIDE = 64;

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
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void gradients_are_the_slopes_of_the_loss_with_statistics_of_the_batch(String golden) {
    assertGradientsAreSlopes(Golden.of(golden), Mode.TRAIN, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void gradients_are_the_slopes_of_the_loss_with_running_statistics(String golden) {
    assertGradientsAreSlopes(Golden.of(golden), Mode.EVALUATE, 1);
  }

  private void assertGradientsAreSlopes(Golden golden, Mode mode, int first) {
    var random = new Random(SEED);
    try (Weights single = narrow(golden);
        Weights weights = single.inDoublePrecision();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = images();
      weights.requireGradients(true);
      Gradients.of(() -> loss(golden.family(), weights, images, mode));

      double largest = 0;
      List<String> names = weights.trainable();
      for (int i = first; i < names.size(); i += EVERY) {
        NDArray tensor = weights.get(names.get(i));
        int at = random.nextInt((int) tensor.size());
        NDArray direction = direction(tensor, at);
        T.addScaledInPlace(tensor, direction, STEP);
        double above = loss(golden.family(), weights, images, mode).getDouble();
        T.addScaledInPlace(tensor, direction, -2 * STEP);
        double below = loss(golden.family(), weights, images, mode).getDouble();
        T.addScaledInPlace(tensor, direction, STEP);

        double slope = (above - below) / (2 * STEP);
        assertThat(weights.gradient(names.get(i)).toDoubleArray()[at])
            .as("%s[%d], seed %d", names.get(i), at, SEED)
            .isCloseTo(slope, within(TOLERANCE * Math.max(1, Math.abs(slope))));
        largest = Math.max(largest, Math.abs(slope));
      }
      assertThat(largest).isGreaterThan(0.01);
    }
  }

  private NDArray direction(NDArray tensor, int at) {
    double[] unit = new double[(int) tensor.size()];
    unit[at] = 1;
    return manager.create(unit, tensor.getShape());
  }

  private NDArray loss(Family family, Weights weights, NDArray images, Mode mode) {
    NDArray logits = family.forward(weights, images, mode);
    return Losses.crossEntropy(logits, T.of(manager, new long[] {0, 7, 3}, IMAGES));
  }

  private NDArray images() {
    double[] pixels = new Random(SEED).doubles(3L * IMAGES * SIDE * SIDE, -2, 2).toArray();
    return manager.create(pixels, new Shape(IMAGES, 3, SIDE, SIDE));
  }

  /** At most four units of every axis that may be cut. */
  private Weights narrow(Golden golden) {
    try (Weights whole = golden.weights(manager)) {
      var units = new HashMap<String, int[]>();
      for (Axis axis : whole.architecture().prunableAxes()) {
        units.put(
            axis.name(),
            new Random(SEED)
                .ints(0, axis.units())
                .distinct()
                .limit(Math.min(4, axis.units()))
                .sorted()
                .toArray());
      }
      return whole.keep(new Kept(units));
    }
  }
}
