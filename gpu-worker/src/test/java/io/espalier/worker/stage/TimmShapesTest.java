package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of timm's outputs on networks cut here that it opened by their line of shapes. */
final class TimmShapesTest {
  private static final double TOLERANCE = 1e-4;
  static final String ORACLE = "scores/timm-cut";

  /** Kept narrow, with their weights. */
  static final List<String> NARROW = List.of("resnet18", "resnet26d", "resnet50", "densenet121");

  /** Of the widths that their names mean. */
  private static final List<String> FULL =
      List.of(
          "mobilenetv2_050",
          "mobilenetv2_110d",
          "mobilenetv3_small_050",
          "mobilenetv3_large_075",
          "efficientnet_b0");

  /** Too large for a test. */
  private static final String LARGE = "vgg11_bn";

  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @FieldSource("NARROW")
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
  @FieldSource("FULL")
  void timm_answers_as_a_cut_network_of_its_own_size_does_here(String name, @TempDir Path directory)
      throws IOException {
    ModelDirectory model = TimmModels.write(name, directory);
    Architecture architecture = TimmModels.architecture(name);
    Golden oracle = Golden.of(ORACLE);

    try (var manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights cut = Weights.load(model, architecture, manager).keep(kept(architecture));
      var images = oracle.images(manager);
      var logits = Families.vision(model.config()).forward(cut, images, Mode.EVALUATE);

      Golden.assertClose(logits, oracle.read("scores", name + ".logits"), TOLERANCE);
    }
  }

  @ParameterizedTest
  @MethodSource("fullAndLarge")
  void the_line_that_timm_opened_is_the_one_written_here(String name) throws IOException {
    Architecture architecture = TimmModels.architecture(name);

    String line = line(architecture, kept(architecture));

    Path opened = Golden.of(ORACLE).directory().resolve(name + ".txt");
    assertThat(line).isEqualTo(Files.readString(opened));
    assertThat(Families.vision(TimmModels.config(name)).loadsIn(TimmModels.config(name)))
        .containsExactly("espalier", "safetensors", "timm");
  }

  @ParameterizedTest
  @FieldSource("NARROW")
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

    assertThat(TimmShapes.note(config, 10, 3, false))
        .contains(
            "timm.create_model(\"resnet18\", num_classes=10, in_chans=3, channels=[8,16,24,32])")
        .contains("open(\"timm-shapes.txt\")")
        .contains("load_state_dict")
        .doesNotContain("pretrained");
  }

  @Test
  void the_note_on_shards_reads_all_that_the_index_lists() throws IOException {
    var config = JSON.readTree("{\"architecture\": \"resnet18\"}");

    assertThat(TimmShapes.note(config, 10, 3, true))
        .startsWith("import json, safetensors.torch, timm\n")
        .contains("open(\"model.safetensors.index.json\"))[\"weight_map\"].values()")
        .contains("load_file(file)")
        .doesNotContain("\"model.safetensors\"");
    assertThat(TimmShapes.note(config, 10, 3, false))
        .contains("load_file(\"model.safetensors\")")
        .doesNotContain("index");
  }

  static List<String> fullAndLarge() {
    return Stream.concat(FULL.stream(), Stream.of(LARGE)).toList();
  }

  static String line(Architecture architecture, Kept kept) {
    return TimmShapes.line(architecture.keep(kept).shapes());
  }

  /** About two thirds of every axis that may be cut. */
  static Kept kept(Architecture architecture) {
    var random = new Random(20261124);
    Map<String, int[]> units = new HashMap<>();
    for (Axis axis : architecture.prunableAxes()) {
      int[] kept = IntStream.range(0, axis.units()).filter(u -> random.nextInt(3) > 0).toArray();
      units.put(axis.name(), kept.length > 0 ? kept : new int[] {0});
    }
    return new Kept(units);
  }
}
