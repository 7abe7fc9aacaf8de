package io.espalier.worker.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.evaluate.Evaluation.Quality;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Batch;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.data.ImageDatasets;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.Families;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ZooTest {
  @TempDir Path directory;

  @Test
  void what_is_drawn_can_be_read_back() throws IOException {
    Zoo.writeShapes(directory, 30, 20, 1);

    ImageDataset train = open("?split=train");
    ImageDataset test = open("?split=test");
    assertThat(train.size()).isEqualTo(30);
    assertThat(test.size()).isEqualTo(20);
    assertThat(train.batch(new int[] {0, 9, 10, 25}).labels()).containsExactly(0, 9, 0, 5);
    assertThat(Files.readAllLines(directory.resolve("batches.meta.txt")))
        .hasSize(10)
        .startsWith("disc", "square", "triangle");
  }

  @Test
  void an_image_depends_on_seed_and_position_alone() throws IOException {
    Zoo.writeShapes(directory.resolve("small"), 20, 10, 1);
    Zoo.writeShapes(directory.resolve("large"), 30, 10, 1);
    Zoo.writeShapes(directory.resolve("other"), 20, 10, 2);

    byte[] small = Files.readAllBytes(directory.resolve("small/data_batch_1.bin"));
    byte[] large = Files.readAllBytes(directory.resolve("large/data_batch_1.bin"));
    byte[] other = Files.readAllBytes(directory.resolve("other/data_batch_1.bin"));

    assertThat(small).isEqualTo(Arrays.copyOf(large, small.length)).isNotEqualTo(other);
  }

  @Test
  void test_images_are_not_training_images() {
    Zoo.writeShapes(directory, 20, 20, 1);

    int[] all = IntStream.range(0, 20).toArray();

    assertThat(open("?split=train").batch(all).pixels())
        .isNotEqualTo(open("?split=test").batch(all).pixels());
  }

  @Test
  void other_data_is_not_mixed_with() throws IOException {
    Files.write(directory.resolve("data_batch_2.bin"), new byte[3073]);

    assertThatThrownBy(() -> Zoo.writeShapes(directory, 10, 10, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("data_batch_2.bin");
  }

  @Test
  void data_of_one_kind_are_not_drawn_among_those_of_another() {
    Zoo.writeShapes(directory, 10, 10, 1);

    assertThatThrownBy(() -> Zoo.writeTexts(DrawnText.OPINIONS, directory, 10, 10, 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("needs a directory of its own")
        .hasMessageContaining("batches.meta.txt");
    assertThat(directory.resolve("train.jsonl")).doesNotExist();
  }

  @Test
  void turning_or_mirroring_a_shape_keeps_it_what_it_is() {
    for (Shape shape : Shape.values()) {
      for (double x = -1.05; x < 1.1; x += 0.13) {
        for (double y = -1.05; y < 1.1; y += 0.13) {
          boolean mirroredX = shape.contains(-x, y);
          boolean mirroredY = shape.contains(x, -y);
          assertThat(shape.contains(x, y)).describedAs("%s", shape).isIn(mirroredX, mirroredY);
          assertThat(x * x + y * y > 1.1 && shape.contains(x, y)).isFalse();
        }
      }
    }
  }

  /**
   * Softmax regression on pixels, written out as loops: what colour and place alone say about the
   * class.
   */
  @Test
  void a_linear_model_cannot_tell_the_shapes_apart() {
    Zoo.writeShapes(directory, 3_000, 1_000, DemoModel.RESNET20.data().seed());
    Batch train = all(open("?split=train"));
    Batch test = all(open("?split=test"));

    double[][] weights = LinearModel.fit(train, 10, 8, 3e-4);

    double onTrain = LinearModel.accuracy(weights, train);
    double onTest = LinearModel.accuracy(weights, test);
    System.out.printf("linear model: %.3f of training, %.3f of test images%n", onTrain, onTest);
    assertThat(onTrain).isGreaterThan(0.2); // it has learned what it can
    assertThat(onTest).isLessThan(0.6);
  }

  @Test
  void a_random_model_can_be_opened_and_is_complete() {
    Path model = directory.resolve("model");
    Zoo.writeRandomModel(new RandomModel("resnet18", 7, 64, List.of(8, 8, 16, 16), 3), model);

    ModelDirectory opened = ModelDirectory.open(model);

    var architecture = Families.of(opened.config()).architecture(opened.config(), opened.shapes());
    opened.requireShapes(architecture.shapes());
    assertThat(opened.shapes().get("fc.weight")).containsExactly(7, 16);
    assertThat(InputSpec.of(opened.config(), InputSpec.CIFAR).height()).isEqualTo(64);
  }

  @Test
  void random_weights_have_the_variance_that_he_et_al_ask_for() {
    Path model = directory.resolve("model");
    Zoo.writeRandomModel(RandomModel.of("cifar_resnet20", 3), model);

    FloatBuffer weights =
        ModelDirectory.open(model)
            .read("layer3.1.conv1.weight") // (64, 64, 3, 3)
            .bytes()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();

    double squares = 0;
    for (int i = 0; i < 64 * 64 * 9; i++) {
      squares += weights.get(i) * weights.get(i);
    }
    double wanted = 2.0 / (64 * 9);
    assertThat(squares / (64 * 64 * 9)).isCloseTo(wanted, within(0.03 * wanted));
  }

  @Test
  void every_architecture_that_is_offered_is_known() {
    for (String architecture : Zoo.architectures()) {
      if (!Zoo.tasks(architecture).isEmpty()) {
        continue; // reads text: RandomTextTest
      }
      ObjectNode config = RandomModel.of(architecture, 1).config();

      assertThat(Families.of(config).architecture(config, Map.of()).name()).isEqualTo(architecture);
    }
  }

  @Test
  void a_model_can_be_remade_with_its_data() {
    var demo =
        new DemoModel(
            "tiny",
            new RandomModel("cifar_resnet8", 10, 32, List.of(4, 4, 8), 1),
            new DemoModel.Shapes(40, 30, 1),
            TrainingSettings.cifar(2, 20, 1),
            new DemoModel.Reached(30, 0.1));
    var reports = new ArrayList<Progress>();

    Quality quality = Zoo.train(demo, directory.resolve("out"), reports::add);

    ModelDirectory start = ModelDirectory.open(directory.resolve("out/start"));
    ModelDirectory trained = ModelDirectory.open(directory.resolve("out/model"));
    assertThat(quality.samples()).isEqualTo(30);
    assertThat(reports.stream().map(Progress::phase).distinct())
        .containsExactly("training", "evaluating");
    assertThat(trained.config()).isEqualTo(start.config());
    assertThat(trained.tensors().keySet()).isEqualTo(start.tensors().keySet());
    assertThat(trained.read("conv1.weight").bytes())
        .isNotEqualTo(start.read("conv1.weight").bytes());
    assertThat(ImageDatasets.open(directory.resolve("out/data/test_batch.bin").toUri()).size())
        .isEqualTo(30);
  }

  @Test
  void an_unknown_model_is_refused() {
    assertThatThrownBy(() -> Zoo.writeModel("resnet9000", directory))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("resnet9000")
        .hasMessageContaining("cifar_resnet20");
    assertThatThrownBy(() -> Zoo.writeRandomModel(RandomModel.of("resnet9000", 1), directory))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("resnet9000");
  }

  @Test
  void a_directory_that_is_in_use_is_left_alone() throws IOException {
    Files.writeString(directory.resolve("config.json"), "{}");

    assertThatThrownBy(() -> Zoo.writeModel("cifar_resnet20", directory))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("config.json");
  }

  private ImageDataset open(String query) {
    return ImageDatasets.open(URI.create(directory.toUri() + query));
  }

  private static Batch all(ImageDataset data) {
    return data.batch(IntStream.range(0, data.size()).toArray());
  }
}
