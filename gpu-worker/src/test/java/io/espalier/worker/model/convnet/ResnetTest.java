package io.espalier.worker.model.convnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResnetTest {
  private static final double TOLERANCE = 1e-4;

  private NDManager manager;
  private NDScope scope;

  @BeforeEach
  void open() {
    manager = PyTorch.newManager();
    scope = new NDScope();
  }

  @AfterEach
  void close() {
    scope.close();
    manager.close();
  }

  @Test
  void stages_of_the_small_network_are_those_of_torch() {
    Golden golden = Golden.of("cifar-resnet20");
    List<Section> sections = golden.family().sections(golden.weights(manager));

    NDArray first = Section.forward(sections.subList(0, 4), golden.images(manager), Mode.EVALUATE);
    NDArray second = Section.forward(sections.subList(4, 7), first, Mode.EVALUATE);

    Golden.assertClose(first, golden.read("expected", "stage.1"), TOLERANCE);
    Golden.assertClose(second, golden.read("expected", "stage.2"), TOLERANCE);
  }

  @Test
  void a_cut_network_answers_as_torch_does_with_the_cut_channels_masked() {
    Golden golden = Golden.of("cifar-resnet20");
    Golden oracle = Golden.of("scores/masked-cifar-resnet20");
    Kept kept = kept(oracle);

    Weights cut = golden.weights(manager).keep(kept);
    NDArray logits = golden.family().forward(cut, golden.images(manager), Mode.EVALUATE);

    assertThat(cut.get("layer3.1.conv1.weight").getShape().getShape())
        .containsExactly(48, 64, 3, 3);
    Golden.assertClose(logits, oracle.read("scores", "masked.logits"), TOLERANCE);
  }

  @Test
  void a_network_that_was_cut_on_disk_answers_alike_after_loading(@TempDir Path directory) {
    Golden golden = Golden.of("cifar-resnet20");
    Golden oracle = Golden.of("scores/masked-cifar-resnet20");
    Path smaller = directory.resolve("smaller");

    Surgery.cut(golden.model(), golden.architecture(), kept(oracle), smaller);
    ModelDirectory model = ModelDirectory.open(smaller);
    VisionFamily family = Families.vision(model.config());
    Architecture architecture = family.architecture(model.config(), model.shapes());
    Weights weights = Weights.load(model, architecture, manager);
    NDArray logits = family.forward(weights, golden.images(manager), Mode.EVALUATE);

    Golden.assertClose(logits, oracle.read("scores", "masked.logits"), TOLERANCE);
  }

  @Test
  void an_unknown_model_is_refused_with_the_families_that_are_known() {
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("architecture", "swin_tiny");

    assertThatThrownBy(() -> Families.of(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("swin_tiny")
        .hasMessageContaining("resnet");
  }

  static Kept kept(Golden oracle) {
    var units = new HashMap<String, int[]>();
    for (int stage = 1; stage <= 3; stage++) {
      for (int block = 0; block < 3; block++) {
        String conv = "layer%d.%d.conv1".formatted(stage, block);
        TensorData stored = oracle.read("scores", "kept." + conv);
        int[] kept = new int[(int) stored.shape()[0]];
        var longs = stored.bytes().asLongBuffer();
        for (int i = 0; i < kept.length; i++) {
          kept[i] = (int) longs.get(i);
        }
        units.put(conv + ".out", kept);
      }
    }
    return new Kept(units);
  }
}
