package io.espalier.worker.stage.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Teachers of whose channels nobody reads those that their students lack. */
final class FeaturePlacesTest {
  private static final long SEED = 3;

  @ParameterizedTest
  @CsvSource({
    "cifar-resnet20, 3",
    "resnet18, 4",
    "vgg11-bn, 5",
    "mobilenetv2-035, 5",
    "efficientnet-b0, 5",
    "densenet121, 4"
  })
  void channels_of_a_student_are_those_of_its_teacher_that_stayed(String name, int places) {
    Golden golden = Golden.of(name);
    VisionModel model = VisionModel.of(golden.model());
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights teacher = golden.weights(manager)) {
      scope.suppressNotUsedWarning();
      Kept kept = RandomCuts.draw(model.architecture(), SEED);
      silence(teacher, kept);
      try (Weights student = teacher.keep(kept)) {
        FeaturePlaces found = FeaturePlaces.of(model, student, model, teacher);
        List<List<Integer>> channels =
            found.channels(model.family().sections(teacher), model.architecture(), kept);

        assertThat(found.places()).hasSize(places);
        NDArray images = golden.images(manager);
        for (int i = 0; i < places; i++) {
          int section = found.places().get(i).section();
          NDArray wanted = at(model, teacher, section, images);
          NDArray made = at(model, student, section, images);
          NDArray some =
              channels.get(i).isEmpty()
                  ? wanted
                  : Tensors.select(
                      wanted, 1, channels.get(i).stream().mapToInt(Integer::intValue).toArray());
          assertThat(made.getShape().get(1)).isEqualTo(found.places().get(i).student());
          assertThat(wanted.getShape().get(1)).isEqualTo(found.places().get(i).teacher());
          assertThat(largest(Tensors.subtract(made, some)))
              .isLessThan(1e-4f * Math.max(1, largest(wanted)));
        }
      }
    }
  }

  @Test
  void a_network_without_feature_maps_is_refused() {
    Golden golden = Golden.of("vit");
    VisionModel model = VisionModel.of(golden.model());
    try (NDManager manager = PyTorch.newManager();
        Weights weights = Weights.load(model.directory(), model.architecture(), manager)) {
      assertThatThrownBy(() -> FeaturePlaces.of(model, weights, model, weights))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("passes no feature maps on");
    }
  }

  /** Makes layers deaf to what does not stay. */
  private static void silence(Weights weights, Kept kept) {
    for (Layer layer : weights.architecture().layers()) {
      if (layer.depthwise() || !layer.in().isCutBy(kept)) {
        continue;
      }
      NDArray weight = weights.get(layer.weight());
      float[] deaf = new float[layer.in().size()];
      Arrays.fill(deaf, -1);
      for (int heard : layer.in().indices(kept)) {
        deaf[heard] = 0;
      }
      long[] shape = new long[weight.getShape().dimension()];
      Arrays.fill(shape, 1);
      shape[1] = deaf.length;
      NDArray mask = Tensors.of(weights.get(layer.weight()).getManager(), deaf, shape);
      Tensors.addScaledInPlace(weight, Tensors.multiply(weight, mask), 1);
    }
  }

  private static NDArray at(VisionModel model, Weights weights, int section, NDArray images) {
    List<Section> sections = model.family().sections(weights).subList(0, section + 1);
    return Section.forward(sections, images, Mode.EVALUATE);
  }

  private static float largest(NDArray x) {
    float largest = 0;
    for (float value : x.toFloatArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
