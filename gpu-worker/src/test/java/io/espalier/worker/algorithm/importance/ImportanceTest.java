package io.espalier.worker.algorithm.importance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.Numbers;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind against its formula in naive loops, on a small random network. */
class ImportanceTest {
  private static final String AXIS = "layer2.0.conv1.out";
  private static final int UNITS = 8;

  @TempDir static Path shared;
  @TempDir Path own;

  private static VisionModel model;
  private static Batches batches;

  @BeforeAll
  static void draw() {
    Zoo.writeShapes(shared.resolve("data"), 24, 10, 1);
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(4, UNITS, 16), 1),
        shared.resolve("model"));
    model = VisionModel.of(ModelDirectory.open(shared.resolve("model")));
    ImageDataset images =
        ImageDatasets.open(
            URI.create(shared.resolve("data").toUri() + "?split=train"), model.input());
    batches = new Batches(images, 12);
  }

  @ParameterizedTest
  @EnumSource(Importance.class)
  void every_prunable_axis_has_one_number_per_unit_and_the_weights_stay(Importance importance) {
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        Weights fresh = Weights.load(model.directory(), model.architecture())) {
      Map<String, double[]> found =
          importance.measure(model.directory(), model.family(), weights, batches);

      for (Axis axis : model.architecture().prunableAxes()) {
        assertThat(found.get(axis.name())).hasSize(axis.units()).doesNotContain(Double.NaN);
      }
      for (String name : fresh.names()) {
        assertThat(weights.get(name).contentEquals(fresh.get(name))).as(name).isTrue();
      }
    }
  }

  @Test
  void batchnorm_scale_is_the_absolute_scale() {
    double[] scales = read("layer2.0.bn1.weight");
    double max = 0;
    for (double scale : scales) {
      max = Math.max(max, Math.abs(scale));
    }

    double[] found = measured(Importance.BATCHNORM_SCALE);

    for (int unit = 0; unit < UNITS; unit++) {
      assertThat(found[unit]).isCloseTo(Math.abs(scales[unit]) / max, within(1e-6));
    }
  }

  @Test
  void geometric_median_is_the_sum_of_distances_to_all_filters() {
    double[] weight = read("layer2.0.conv1.weight");
    int length = weight.length / UNITS;
    double[] sums = new double[UNITS];
    for (int i = 0; i < UNITS; i++) {
      for (int j = 0; j < UNITS; j++) {
        double squares = 0;
        for (int k = 0; k < length; k++) {
          squares += Math.pow(weight[i * length + k] - weight[j * length + k], 2);
        }
        sums[i] += Math.sqrt(squares);
      }
    }
    double max = java.util.Arrays.stream(sums).max().orElseThrow();

    double[] found = measured(Importance.GEOMETRIC_MEDIAN);

    for (int unit = 0; unit < UNITS; unit++) {
      assertThat(found[unit]).isCloseTo(sums[unit] / max, within(1e-6));
    }
  }

  /**
   * The derivative by a common factor of a unit's scale and shift is the sum of g · w over both.
   */
  @Test
  void taylor_is_the_squared_derivative_by_a_gate_behind_the_norm() {
    double[] expected = new double[UNITS];
    double h = 1e-5;
    for (int batch = 0; batch < batches.count(); batch++) {
      for (int unit = 0; unit < UNITS; unit++) {
        double slope = (gatedLoss(batch, unit, 1 + h) - gatedLoss(batch, unit, 1 - h)) / (2 * h);
        expected[unit] += slope * slope;
      }
    }
    double max = java.util.Arrays.stream(expected).max().orElseThrow();

    double[] found = measured(Importance.TAYLOR);

    assertThat(max).isPositive();
    assertThat(found).containsExactly(expected, within(1e-3 * max));
  }

  @Test
  void a_gradient_that_is_no_number_is_named() {
    try (Weights weights = Weights.load(model.directory(), model.architecture());
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Tensors.fill(weights.get("layer2.0.bn2.bias"), Double.NaN);

      assertThatThrownBy(
              () -> Importance.TAYLOR.measure(model.directory(), model.family(), weights, batches))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("batch 0")
          .hasMessageContaining("axis 'layer");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "CONSUMER_NORM, layer2.0.conv2.weight, NaN",
    "CONSUMER_NORM, layer2.0.conv2.weight, Infinity",
    "BATCHNORM_SCALE, layer2.0.bn1.weight, NaN",
    "GEOMETRIC_MEDIAN, layer2.0.conv1.weight, NaN"
  })
  void weights_that_are_no_numbers_are_named(Importance importance, String tensor, float value)
      throws IOException {
    ModelDirectory broken = broken(tensor, value);
    try (Weights weights = Weights.load(broken, model.architecture())) {
      assertThatThrownBy(() -> importance.measure(broken, model.family(), weights, batches))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining(tensor)
          .hasMessageContaining("axis '" + AXIS + "'");
    }
  }

  /** The model with one element of a tensor replaced. */
  private ModelDirectory broken(String tensor, float value) throws IOException {
    ModelDirectory whole = model.directory();
    var tensors = new TreeMap<String, TensorData>();
    for (String name : whole.tensors().keySet()) {
      tensors.put(name, whole.read(name));
    }
    TensorData sound = whole.read(tensor);
    ByteBuffer bytes =
        ByteBuffer.allocate(sound.bytes().remaining()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(sound.bytes()).putFloat(3 * Float.BYTES, value).flip();
    tensors.put(tensor, new TensorData(sound.dtype(), sound.shape(), bytes));
    Files.copy(whole.path().resolve("config.json"), own.resolve("config.json"));
    SafetensorsWriter.write(own.resolve("model.safetensors"), tensors);
    return ModelDirectory.open(own);
  }

  private static double gatedLoss(int batch, int unit, double gate) {
    try (Weights single = Weights.load(model.directory(), model.architecture());
        Weights weights = single.inDoublePrecision();
        NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (String parameter : List.of("layer2.0.bn1.weight", "layer2.0.bn1.bias")) {
        NDArray array = weights.get(parameter);
        double[] gates = new double[UNITS];
        java.util.Arrays.fill(gates, 1);
        gates[unit] = gate;
        array.muli(manager.create(gates));
      }
      Batch images = batches.get(batch);
      NDArray x =
          batches.images(images, manager).toType(ai.djl.ndarray.types.DataType.FLOAT64, true);
      NDArray labels = Tensors.of(manager, images.labels(), images.size());
      return Losses.crossEntropy(model.family().forward(weights, x, Mode.EVALUATE), labels)
          .getDouble();
    }
  }

  private static double[] measured(Importance importance) {
    try (Weights weights = Weights.load(model.directory(), model.architecture())) {
      return Objects.requireNonNull(
          importance.measure(model.directory(), model.family(), weights, batches).get(AXIS));
    }
  }

  private static double[] read(String tensor) {
    return Numbers.of(model.directory().read(tensor)).toArray();
  }
}
