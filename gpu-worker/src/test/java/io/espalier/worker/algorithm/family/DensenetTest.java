package io.espalier.worker.algorithm.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Gradients;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DensenetTest {
  private static final double TOLERANCE = 1e-4;

  /** Small enough that hardly any unit of a rectifier changes its sign. */
  private static final double STEP = 1e-7;

  private static final long SEED = 20260801;
  private static final int IMAGES = 3;

  private final Golden golden = Golden.of("densenet121");
  private NDManager manager;
  private NDScope scope;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    scope = new NDScope();
    scope.suppressNotUsedWarning();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @Test
  void features_logits_and_loss_are_those_of_timm() {
    Weights weights = golden.weights(manager);
    List<Section> sections = golden.family().sections(weights);
    NDArray images = golden.images(manager);

    NDArray features = images;
    for (Section section : sections.subList(0, sections.size() - 1)) {
      features = section.forward(features, Mode.EVALUATE);
    }
    NDArray logits = golden.family().forward(weights, images, Mode.EVALUATE);
    NDArray loss = Losses.crossEntropy(logits, golden.labels(manager));

    Golden.assertClose(features, golden.read("expected", "features"), TOLERANCE);
    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
    Golden.assertClose(loss, golden.read("expected", "loss"), TOLERANCE);
  }

  @Test
  void every_tensor_belongs_to_one_section() {
    List<Section> sections = golden.family().sections(golden.weights(manager));

    assertThat(sections).hasSize(1 + (2 + 3 + 3 + 2) + 3 + 1 + 1);
    for (String tensor : golden.architecture().shapes().keySet()) {
      assertThat(sections).filteredOn(section -> section.reads(tensor)).as(tensor).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void a_cut_network_answers_as_the_whole_one_that_is_deaf_to_what_was_cut(
      long seed, @TempDir Path directory) throws IOException {
    Architecture architecture = golden.architecture();
    Kept kept = RandomCuts.draw(architecture, seed);
    NDArray images = golden.images(manager);
    Path masked =
        RandomCuts.masked(golden.model(), architecture, kept, directory.resolve("masked"));
    Surgery.cut(golden.model(), architecture, kept, directory.resolve("cut"));

    float[] wanted = logits(masked, images).toFloatArray();
    float[] onDisk = logits(directory.resolve("cut"), images).toFloatArray();
    float[] inMemory =
        golden
            .family()
            .forward(golden.weights(manager).keep(kept), images, Mode.EVALUATE)
            .toFloatArray();

    assertThat(onDisk).as("seed %d", seed).containsExactly(wanted, within(1e-5f));
    assertThat(inMemory).as("seed %d", seed).containsExactly(wanted, within(1e-5f));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void gradients_are_the_slopes_of_the_loss(boolean training) {
    Mode mode = training ? Mode.TRAIN : Mode.EVALUATE;
    var random = new Random(SEED);
    Weights weights = golden.weights(manager).inDoublePrecision();
    double[] pixels = random.doubles(3L * IMAGES * 64 * 48, -2, 2).toArray();
    NDArray images =
        manager.create(pixels, new Shape(IMAGES, 3, 64, 48)).toType(DataType.FLOAT64, true);
    weights.requireGradients(true);
    Gradients.of(() -> loss(weights, images, mode));

    double largest = 0;
    List<String> names = weights.trainable();
    for (int i = training ? 0 : 2; i < names.size(); i += 5) {
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

  private NDArray logits(Path directory, NDArray images) {
    ModelDirectory model = ModelDirectory.open(directory);
    KnownModel known = KnownModel.of(model);
    Weights weights = Weights.load(model, known.architecture(), manager);
    return known.family().forward(weights, images, Mode.EVALUATE);
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

  private NDArray loss(Weights weights, NDArray images, Mode mode) {
    NDArray logits = golden.family().forward(weights, images, mode);
    return Losses.crossEntropy(logits, T.of(manager, new long[] {0, 7, 3}, IMAGES));
  }
}
