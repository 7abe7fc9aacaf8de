package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.family.Mode;
import io.espalier.worker.checkpoint.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What timm answers of networks that were cut here and that it opened by their line of shapes. */
final class TimmShapesTest {
  private static final double TOLERANCE = 1e-4;
  private static final String ORACLE = "scores/timm-cut";
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet26d", "resnet50", "densenet121"})
  void timm_answers_as_the_cut_network_does_here(String name) throws IOException {
    Golden golden = Golden.of(name);
    Golden oracle = Golden.of(ORACLE);
    Kept kept = kept(golden.architecture());

    String line = line(golden.architecture(), kept);
    try (var manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      var logits =
          golden
              .family()
              .forward(golden.weights(manager).keep(kept), golden.images(manager), Mode.EVALUATE);

      Golden.assertClose(logits, oracle.read("scores", name + ".logits"), TOLERANCE);
    }
    assertThat(line).isEqualTo(Files.readString(oracle.directory().resolve(name + ".txt")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet26d", "resnet50", "densenet121"})
  void models_that_timm_has_open_in_it(String name) {
    Golden golden = Golden.of(name);

    assertThat(golden.family().loadsIn(golden.config()))
        .containsExactly("espalier", "safetensors", "timm");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar-resnet20", "huggingface-resnet"})
  void others_do_not(String name) {
    Golden golden = Golden.of(name);

    assertThat(golden.family().loadsIn(golden.config())).containsExactly("espalier", "safetensors");
  }

  @Test
  void nothing_is_promised_of_arguments_that_the_entry_point_does_not_take() {
    Golden golden = Golden.of("resnet18");
    ObjectNode config = golden.config().deepCopy();
    config.withObject("/model_args").put("channel_multiplier", 0.5);

    assertThat(golden.family().loadsIn(config)).doesNotContain("timm");
  }

  @Test
  void the_line_has_weights_only_and_ends_without_a_line_break() {
    var shapes = new LinkedHashMap<String, long[]>();
    shapes.put("conv1.weight", new long[] {8, 3, 3, 3});
    shapes.put("bn1.weight", new long[] {8});
    shapes.put("bn1.running_mean", new long[] {8});
    shapes.put("bn1.num_batches_tracked", new long[] {});
    shapes.put("fc.weight", new long[] {10, 8});

    assertThat(TimmShapes.line(shapes))
        .isEqualTo("conv1.weight:[8, 3, 3, 3]***bn1.weight:[8]***fc.weight:[10, 8]");
  }

  @Test
  void the_note_builds_the_network_that_was_cut() throws IOException {
    var config =
        JSON.readTree(
            "{\"architecture\": \"resnet18\", \"model_args\":"
                + " {\"channels\": [8, 16, 24, 32], \"pretrained\": true, \"num_classes\": 7}}");

    assertThat(TimmShapes.note(config, 10, 3))
        .contains(
            "timm.create_model(\"resnet18\", num_classes=10, in_chans=3, channels=[8,16,24,32])")
        .contains("open(\"timm-shapes.txt\")")
        .contains("load_state_dict")
        .doesNotContain("pretrained");
  }

  /** Writes what the script beside the oracle reads; see the README there. */
  @Test
  @EnabledIfSystemProperty(named = "timm.cut", matches = ".+")
  void write_cut_models() throws IOException {
    Path to = Path.of(System.getProperty("timm.cut"));
    for (String name : new String[] {"resnet18", "resnet26d", "resnet50", "densenet121"}) {
      Golden golden = Golden.of(name);
      Architecture architecture = golden.architecture();
      Kept kept = kept(architecture);
      Path directory = to.resolve(name);
      Surgery.cut(golden.model(), architecture, kept, directory);
      Files.writeString(directory.resolve(TimmShapes.FILE), line(architecture, kept));
      Files.writeString(directory.resolve("note.txt"), TimmShapes.note(golden.config(), 10, 3));
    }
  }

  private static String line(Architecture architecture, Kept kept) {
    return TimmShapes.line(architecture.keep(kept).shapes());
  }

  /** About two thirds of every axis that may be cut. */
  private static Kept kept(Architecture architecture) {
    var random = new Random(20261124);
    Map<String, int[]> units = new HashMap<>();
    for (Axis axis : architecture.prunableAxes()) {
      int[] kept = IntStream.range(0, axis.units()).filter(u -> random.nextInt(3) > 0).toArray();
      units.put(axis.name(), kept.length > 0 ? kept : new int[] {0});
    }
    return new Kept(units);
  }
}
