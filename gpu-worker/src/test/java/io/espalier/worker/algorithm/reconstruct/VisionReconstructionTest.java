package io.espalier.worker.algorithm.reconstruct;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.BatchNormCalibration;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Networks of which each cut channel says the same as one that stays: what they said can be said
 * without them, so reconstruction must find it again.
 */
class VisionReconstructionTest {
  private static final int IMAGES = 64;
  private static final int BATCH = 16;

  @TempDir Path own;

  private VisionModel model;
  private ImageDataset images;

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet26d", "mobilenetv2-035", "densenet121"})
  void what_kept_channels_can_say_is_said_again(String fixture) {
    try (Weights original = doubled(fixture)) {
      Kept kept = firstHalves(original);

      Reconstruction done = reconstruct(original, kept, new Taken());

      double plain = done.versions().get(0).divergence();
      assertThat(done.isUsed()).isTrue();
      assertThat(done.chosen().divergence()).isLessThan(plain / 100);
    }
  }

  @Test
  void constants_go_into_running_means_and_biases_that_there_are_and_nothing_else_changes_kind() {
    try (Weights original = doubled("resnet18")) {
      Kept kept = firstHalves(original);
      var taken = new Taken();

      reconstruct(original, kept, taken);

      try (Weights plain = original.keep(kept)) {
        Map<String, TensorData> before = plain.toTensorData();
        assertThat(taken.tensors.keySet()).isEqualTo(before.keySet());
        assertThat(changed(before, taken.tensors))
            .contains("layer1.0.conv1.weight", "layer1.0.bn1.running_mean", "fc.bias")
            .allMatch(VisionReconstructionTest::isSolvedFor);
        assertThat(changed(before, taken.plainTensors))
            .isNotEmpty()
            .allMatch(name -> name.contains(".running_"));
      }
    }
  }

  private static boolean isSolvedFor(String name) {
    return name.endsWith(".running_mean")
        || name.startsWith("fc.")
        || name.endsWith(".downsample.0.weight")
        || name.matches("layer.*conv.*[.]weight");
  }

  private static Set<String> changed(
      Map<String, TensorData> before, Map<String, TensorData> after) {
    return before.keySet().stream()
        .filter(
            name ->
                !Objects.requireNonNull(before.get(name))
                    .bytes()
                    .equals(Objects.requireNonNull(after.get(name)).bytes()))
        .collect(Collectors.toSet());
  }

  @Test
  void the_same_images_give_the_same_bits() {
    try (Weights original = doubled("mobilenetv2-035")) {
      Kept kept = firstHalves(original);
      var one = new Taken();
      var other = new Taken();

      reconstruct(original, kept, one);
      reconstruct(original, kept, other);

      assertThat(changed(one.tensors, other.tensors)).isEmpty();
    }
  }

  @Test
  void a_network_that_says_what_is_no_number_is_refused_with_layer_and_batch() {
    try (Weights original = doubled("resnet18")) {
      Tensors.fill(original.get("layer1.0.bn1.weight"), Double.NaN);
      Kept kept = firstHalves(original);

      assertThatThrownBy(() -> reconstruct(original, kept, new Taken()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("layer1.0.conv1.weight")
          .hasMessageContaining("batch 1");
    }
  }

  /** Output. */
  private final class Taken implements VisionReconstruction.Versions {
    private Map<String, TensorData> tensors = Map.of();
    private Map<String, TensorData> plainTensors = Map.of();

    @Override
    public void calibrate(Weights version) {
      BatchNormCalibration.recalibrate(model.family(), version, images, BATCH);
    }

    @Override
    public void look(Weights plain) {
      plainTensors = plain.toTensorData();
    }

    @Override
    public void write(Weights chosen, Reconstruction done) {
      tensors = chosen.toTensorData();
    }
  }

  private Reconstruction reconstruct(Weights original, Kept kept, Taken taken) {
    try (Weights cut = original.keep(kept)) {
      return new VisionReconstruction(
              model.family(), original, kept, new Batches(images, BATCH), 1, Progress.Listener.NONE)
          .run(cut, new VisionReconstruction.Storage(1 << 24, own), taken);
    }
  }

  /** A fixture in which the second half of every axis says what the first half says. */
  private Weights doubled(String fixture) {
    model = VisionModel.of(ModelDirectory.open(Golden.of(fixture).directory()));
    var input = model.input();
    images = new Noise(input.channels(), input.height(), input.width());
    Weights weights = Weights.load(model.directory(), model.architecture());
    PyTorch.gradientsOff();
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (TensorSpec tensor : model.architecture().tensors()) {
        if (!tensor.dimensions().isEmpty() && weights.has(tensor.name())) {
          NDArray array = weights.get(tensor.name());
          NDArray twice = Tensors.select(array, 0, doubled(tensor.dimensions().get(0)));
          Tensors.addScaledInPlace(array, Tensors.subtract(twice, array), 1);
        }
      }
    }
    return weights;
  }

  private int[] doubled(Dimension dimension) {
    int[] indices = IntStream.range(0, dimension.size()).toArray();
    int offset = 0;
    for (Dimension.Along part : dimension.parts()) {
      int half = part.size() / 2;
      for (int i = 0; isCut(part.axis()) && i < half; i++) {
        indices[offset + half + i] = offset + i;
      }
      offset += part.size();
    }
    return indices;
  }

  private boolean isCut(Axis axis) {
    return model.architecture().prunableAxes().contains(axis) && axis.units() % 2 == 0;
  }

  private Kept firstHalves(Weights weights) {
    var units = new LinkedHashMap<String, int[]>();
    for (Axis axis : weights.architecture().axes()) {
      if (isCut(axis)) {
        units.put(axis.name(), IntStream.range(0, axis.units() / 2).toArray());
      }
    }
    return new Kept(units);
  }

  /** Images of noise. */
  private record Noise(int channels, int height, int width) implements ImageDataset {
    @Override
    public int size() {
      return IMAGES;
    }

    @Override
    public int classes() {
      return 0;
    }

    @Override
    public Batch batch(int[] indices) {
      int size = channels * height * width;
      float[] pixels = new float[indices.length * size];
      long[] labels = new long[indices.length];
      for (int i = 0; i < indices.length; i++) {
        var random = new Random(indices[i]);
        for (int j = 0; j < size; j++) {
          pixels[i * size + j] = (float) random.nextGaussian();
        }
        labels[i] = -1;
      }
      return new Batch(pixels, labels);
    }

    @Override
    public String fingerprint() {
      return "noise";
    }
  }
}
