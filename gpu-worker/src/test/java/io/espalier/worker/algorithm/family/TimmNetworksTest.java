package io.espalier.worker.algorithm.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.T;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forward passes of VGG, MobileNet and EfficientNet against torch's, whole and cut. */
final class TimmNetworksTest {
  private static final double TOLERANCE = 1e-4;

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

  @ParameterizedTest
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void features_logits_and_loss_are_those_of_torch(String name) {
    Golden golden = Golden.of(name);
    Weights weights = golden.weights(manager);
    List<Section> sections = golden.family().sections(weights);

    NDArray features = golden.images(manager);
    for (Section section : sections.subList(0, sections.size() - 1)) {
      features = section.forward(features, Mode.EVALUATE);
    }
    NDArray logits = golden.family().forward(weights, golden.images(manager), Mode.EVALUATE);
    NDArray loss = Losses.crossEntropy(logits, golden.labels(manager));

    Golden.assertClose(features, golden.read("expected", "features"), TOLERANCE);
    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
    Golden.assertClose(loss, golden.read("expected", "loss"), TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({
    "vgg11-bn, 9",
    "mobilenetv2-035, 20",
    "mobilenetv3-small-050, 14",
    "efficientnet-b0, 19"
  })
  void every_tensor_belongs_to_one_section(String name, int count) {
    Golden golden = Golden.of(name);
    List<Section> sections = golden.family().sections(golden.weights(manager));

    assertThat(sections).hasSize(count);
    for (String tensor : golden.architecture().shapes().keySet()) {
      assertThat(sections).filteredOn(section -> section.reads(tensor)).as(tensor).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "vgg11-bn, 1",
    "vgg11-bn, 2",
    "vgg11-bn, 3",
    "mobilenetv2-035, 4",
    "mobilenetv2-035, 5",
    "mobilenetv2-035, 6",
    "mobilenetv3-small-050, 7",
    "mobilenetv3-small-050, 8",
    "mobilenetv3-small-050, 9",
    "efficientnet-b0, 10",
    "efficientnet-b0, 11",
    "efficientnet-b0, 12",
  })
  void a_cut_network_answers_as_the_whole_one_with_the_cut_channels_silenced(
      String name, long seed, @TempDir Path directory) {
    Golden golden = Golden.of(name);

    Kept kept = someOf(golden.architecture(), new Random(seed));

    assertCutIsSilenced(golden, kept, directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void a_cut_to_equal_widths_makes_no_block_add_that_did_not(String name, @TempDir Path directory) {
    Golden golden = Golden.of(name);

    var units = new HashMap<String, int[]>();
    for (Axis axis : golden.architecture().prunableAxes()) {
      int last = axis.units() - 1;
      units.put(axis.name(), last < 3 ? new int[] {last} : new int[] {0, 1, last - 1, last});
    }

    assertCutIsSilenced(golden, new Kept(units), directory);
  }

  private void assertCutIsSilenced(Golden golden, Kept kept, Path directory) {
    Weights whole = golden.weights(manager);
    NDArray images = golden.images(manager);
    Surgery.cut(golden.model(), golden.architecture(), kept, directory.resolve("cut"));

    Weights cut = whole.keep(kept);
    NDArray inMemory = golden.family().forward(cut, images, Mode.EVALUATE);
    NDArray onDisk = reload(directory.resolve("cut"), images);
    NDArray before = golden.family().forward(whole, images, Mode.EVALUATE);
    silence(whole, kept);
    NDArray silenced = golden.family().forward(whole, images, Mode.EVALUATE);

    assertSame(inMemory, silenced);
    assertSame(onDisk, silenced);
    assertThat(difference(before, silenced)).isGreaterThan(0.01 * largest(before));
  }

  private NDArray reload(Path directory, NDArray images) {
    ModelDirectory model = ModelDirectory.open(directory);
    Family family = Families.of(model.config());
    Architecture architecture = family.architecture(model.config(), model.shapes());
    return family.forward(Weights.load(model, architecture, manager), images, Mode.EVALUATE);
  }

  /** At least a quarter of every axis that may be cut. */
  private static Kept someOf(Architecture architecture, Random random) {
    var units = new HashMap<String, int[]>();
    for (Axis axis : architecture.prunableAxes()) {
      int least = Math.max(1, axis.units() / 4);
      int width = least + random.nextInt(axis.units() - least + 1);
      units.put(
          axis.name(), random.ints(0, axis.units()).distinct().limit(width).sorted().toArray());
    }
    return new Kept(units);
  }

  /** Makes everything that writes a cut channel write zero; who reads it is left as it is. */
  private void silence(Weights weights, Kept kept) {
    for (TensorSpec tensor : weights.architecture().tensors()) {
      if (tensor.role() == TensorSpec.Role.BUFFER) {
        continue;
      }
      Dimension out = tensor.dimensions().get(0);
      float[] stays = new float[out.size()];
      for (int index : out.indices(kept)) {
        stays[index] = 1;
      }
      long[] shape = new long[tensor.dimensions().size()];
      java.util.Arrays.fill(shape, 1);
      shape[0] = stays.length;
      NDArray array = weights.get(tensor.name());
      NDArray left = T.multiply(array, T.of(manager, stays, shape));
      T.addScaledInPlace(array, T.subtract(array, left), -1);
    }
  }

  private static void assertSame(NDArray found, NDArray wanted) {
    assertThat(found.getShape()).isEqualTo(wanted.getShape());
    assertThat(difference(found, wanted)).isCloseTo(0, within(TOLERANCE * largest(wanted)));
  }

  private static double difference(NDArray a, NDArray b) {
    return largest(T.subtract(a, b));
  }

  private static double largest(NDArray x) {
    double largest = 0;
    for (float value : x.toFloatArray()) {
      double size = Math.abs(value);
      largest = size <= largest ? largest : size; // so that NaN is kept
    }
    return largest;
  }
}
