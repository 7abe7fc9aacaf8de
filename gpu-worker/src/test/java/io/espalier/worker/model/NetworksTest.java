package io.espalier.worker.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.transformer.MaskedNetworks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Losses;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forward passes of every family against those of torch, timm and transformers; whole and cut. */
final class NetworksTest {
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
      strings = {
        "cifar-resnet20",
        "resnet18",
        "resnet26d",
        "resnet50",
        "densenet121",
        "vgg11-bn",
        "mobilenetv2-035",
        "mobilenetv3-small-050",
        "efficientnet-b0"
      })
  void features_logits_and_loss_are_those_of_torch(String name) {
    Golden golden = Golden.of(name);
    Weights weights = golden.weights(manager);
    List<Section> sections = golden.family().sections(weights);
    NDArray images = golden.images(manager);

    NDArray features =
        Section.forward(sections.subList(0, sections.size() - 1), images, Mode.EVALUATE);
    NDArray logits = golden.family().forward(weights, images, Mode.EVALUATE);
    NDArray loss = Losses.crossEntropy(logits, golden.labels(manager));

    Golden.assertClose(features, golden.read("expected", "features"), TOLERANCE);
    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
    Golden.assertClose(loss, golden.read("expected", "loss"), TOLERANCE);
  }

  @ParameterizedTest
  @CsvSource({
    "cifar-resnet20, 11",
    "resnet18, 10",
    "resnet26d, 10",
    "resnet50, 18",
    "densenet121, 16",
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
    "cifar-resnet20, 13",
    "resnet26d, 14",
    "densenet121, 1",
    "densenet121, 2",
    "densenet121, 3",
    "densenet121, 4",
    "densenet121, 5",
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
  void a_cut_network_answers_as_the_whole_one_that_is_deaf_to_what_was_cut(
      String name, long seed, @TempDir Path directory) throws IOException {
    Golden golden = Golden.of(name);
    VisionModel model = VisionModel.of(golden.model());

    var networks = new MaskedNetworks(model, RandomCuts.draw(model.architecture(), seed));

    networks.assertCutAnswersAsMasked(golden.images(manager), directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void a_cut_to_equal_widths_makes_no_block_add_that_did_not(String name, @TempDir Path directory)
      throws IOException {
    Golden golden = Golden.of(name);
    VisionModel model = VisionModel.of(golden.model());

    var networks = new MaskedNetworks(model, RandomCuts.ends(model.architecture()));

    networks.assertCutAnswersAsMasked(golden.images(manager), directory);
  }
}
