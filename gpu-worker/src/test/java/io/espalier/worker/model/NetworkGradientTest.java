package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gradients of whole networks, narrowed, against central differences in float64. */
final class NetworkGradientTest {
  /** Small enough that hardly any unit passes a kink of its rectifier. */
  private static final double STEP = 1e-7;

  private static final double TOLERANCE = 1e-6;
  private static final long SEED = 20260727;
  private static final int IMAGES = 3;

  /** One tensor out of so many is checked; prime to the number of tensors in any block. */
  private static final int EVERY = 5;

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** The side leaves more than one pixel at the last convolution, so that statistics vary. */
  @ParameterizedTest
  @CsvSource({
    "cifar-resnet20, 8",
    "resnet26d, 32",
    "densenet121, 64",
    "vgg11-bn, 64",
    "mobilenetv2-035, 64",
    "mobilenetv3-small-050, 64",
    "efficientnet-b0, 64"
  })
  void gradients_are_the_slopes_of_the_loss_with_statistics_of_the_batch(String golden, int side) {
    assertGradientsAreSlopes(Golden.of(golden), side, Mode.TRAIN, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "cifar-resnet20, 8",
    "resnet26d, 32",
    "densenet121, 64",
    "vgg11-bn, 64",
    "mobilenetv2-035, 64",
    "mobilenetv3-small-050, 64",
    "efficientnet-b0, 64"
  })
  void gradients_are_the_slopes_of_the_loss_with_running_statistics(String golden, int side) {
    assertGradientsAreSlopes(Golden.of(golden), side, Mode.EVALUATE, 2);
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
    Golden golden = Golden.of("cifar-resnet20");
    var counts = new ArrayList<Integer>();
    try (Weights weights = narrow(golden)) {
      weights.requireGradients(true);

      for (int i = 0; i < 50; i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray images = images(DataType.FLOAT32, 8);
          Gradients.of(() -> loss(golden.family(), weights, images, Mode.TRAIN));
          for (String name : weights.trainable()) {
            Tensors.addScaledInPlace(weights.get(name), weights.gradient(name), -0.01);
          }
          weights.clearGradients();
        }
        counts.add(managed(weights.get("conv1.weight").getManager()) + managed(manager));
      }
    }

    assertThat(counts).containsOnly(counts.get(0));
  }

  private void assertGradientsAreSlopes(Golden golden, int side, Mode mode, int first) {
    var random = new Random(SEED);
    try (Weights single = narrow(golden);
        Weights weights = single.inDoublePrecision();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = images(DataType.FLOAT64, side);
      weights.requireGradients(true);
      Gradients.of(() -> loss(golden.family(), weights, images, mode));

      double largest = 0;
      List<String> names = weights.trainable();
      for (int i = first; i < names.size(); i += EVERY) {
        NDArray tensor = weights.get(names.get(i));
        int at = random.nextInt((int) tensor.size());
        NDArray direction = direction(tensor, at);
        Tensors.addScaledInPlace(tensor, direction, STEP);
        double above = loss(golden.family(), weights, images, mode).getDouble();
        Tensors.addScaledInPlace(tensor, direction, -2 * STEP);
        double below = loss(golden.family(), weights, images, mode).getDouble();
        Tensors.addScaledInPlace(tensor, direction, STEP);

        double slope = (above - below) / (2 * STEP);
        assertThat(weights.gradient(names.get(i)).toDoubleArray()[at])
            .as("%s[%d], seed %d", names.get(i), at, SEED)
            .isCloseTo(slope, within(TOLERANCE));
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

  private List<float[]> gradients() {
    Golden golden = Golden.of("cifar-resnet20");
    try (Weights weights = narrow(golden);
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray images = images(DataType.FLOAT32, 16);
      weights.requireGradients(true);
      Gradients.of(() -> loss(golden.family(), weights, images, Mode.TRAIN));
      return weights.trainable().stream()
          .map(name -> weights.gradient(name).toFloatArray())
          .toList();
    }
  }

  private NDArray loss(VisionFamily family, Weights weights, NDArray images, Mode mode) {
    NDArray logits = family.forward(weights, images, mode);
    return Losses.crossEntropy(logits, Tensors.of(manager, new long[] {0, 7, 3}, IMAGES));
  }

  private NDArray images(DataType type, int side) {
    double[] pixels = new Random(SEED).doubles(3L * IMAGES * side * side, -2, 2).toArray();
    return manager.create(pixels, new Shape(IMAGES, 3, side, side)).toType(type, true);
  }

  private Weights narrow(Golden golden) {
    try (Weights whole = golden.weights(manager)) {
      return whole.keep(RandomCuts.atMostFour(whole.architecture(), SEED));
    }
  }

  private static int managed(NDManager manager) {
    return ((PtNDManager) manager).getManagedArrays().size();
  }
}
