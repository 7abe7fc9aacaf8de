package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.VisionModel;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.transformer.MaskedNetworks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Residual networks by transformers' names. */
final class HuggingFaceResnetTest {
  private static final double TOLERANCE = 1e-4;
  private static final String FIRST = "resnet.encoder.stages.0.layers.0.";
  private static final String SECOND = "resnet.encoder.stages.1.layers.0.";

  @TempDir private Path directory;
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
  void a_network_that_halves_in_unusual_places_answers_as_in_transformers() {
    Golden golden = Golden.of("huggingface-resnet");
    VisionModel model = VisionModel.of(golden.model());
    Weights weights = Weights.load(model.directory(), model.architecture(), manager);
    List<Section> sections = model.family().sections(weights);
    NDArray images = golden.images(manager);

    NDArray features =
        Section.forward(sections.subList(0, sections.size() - 1), images, Mode.EVALUATE);
    NDArray logits = model.family().forward(weights, images, Mode.EVALUATE);

    Golden.assertClose(features, golden.read("expected", "features"), TOLERANCE);
    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
    assertThat(model.input().height()).isEqualTo(64);
    assertThat(model.input().classes()).hasValue(3);
    assertThat(model.input().normalization().mean()).containsExactly(0.5, 0.5, 0.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50"})
  void the_same_network_by_other_names_answers_alike(String name) throws IOException {
    Golden golden = Golden.of(name);

    VisionModel model = renamed(golden);
    Weights weights = Weights.load(model.directory(), model.architecture(), manager);
    NDArray logits = model.family().forward(weights, golden.images(manager), Mode.EVALUATE);

    assertThat(model.input().height()).isEqualTo(64);
    Golden.assertClose(logits, golden.read("expected", "logits"), TOLERANCE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"resnet18", "resnet50"})
  void axes_and_layers_are_those_of_the_same_network_by_other_names(String name)
      throws IOException {
    Golden golden = Golden.of(name);
    Architecture timm = golden.architecture();

    Architecture renamed = renamed(golden).architecture();

    assertThat(renamed.axes()).extracting(Axis::units).isEqualTo(units(timm));
    assertThat(renamed.prunableAxes()).hasSameSizeAs(timm.prunableAxes());
    assertThat(renamed.layers()).extracting(Layer::window).isEqualTo(windows(timm));
    assertThat(renamed.tensors())
        .extracting(tensor -> tensor.name())
        .isEqualTo(timm.tensors().stream().map(tensor -> renamed(tensor.name())).toList());
  }

  @Test
  void every_tensor_belongs_to_one_section() throws IOException {
    VisionModel model = renamed(Golden.of("resnet50"));
    Weights weights = Weights.load(model.directory(), model.architecture(), manager);

    List<Section> sections = model.family().sections(weights);

    for (String tensor : weights.names()) {
      assertThat(sections).filteredOn(section -> section.reads(tensor)).as(tensor).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({"resnet18, 1", "resnet18, 2", "resnet50, 3", "resnet50, 4"})
  void a_cut_network_answers_as_the_whole_one_that_is_deaf_to_what_was_cut(String name, long seed)
      throws IOException {
    Golden golden = Golden.of(name);
    VisionModel model = renamed(golden);

    var networks = new MaskedNetworks(model, RandomCuts.draw(model.architecture(), seed));

    networks.assertCutAnswersAsMasked(golden.images(manager), directory);
  }

  @Test
  void a_silent_config_is_the_resnet_50_of_the_paper_with_two_classes() {
    JsonNode config = json("{'model_type': 'resnet'}");

    Architecture architecture = new Resnet().architecture(config, Map.of());
    var input = new Resnet().input(config);

    Architecture timm =
        new Resnet().architecture(json("{'architecture': 'resnet50', 'num_classes': 2}"), Map.of());
    assertThat(architecture.layers()).extracting(Layer::window).isEqualTo(windows(timm));
    assertThat(architecture.axes()).extracting(Axis::units).isEqualTo(units(timm));
    assertThat(input.classes()).hasValue(2);
    assertThat(input.height()).isEqualTo(224);
    assertThat(input.normalization().mean()).containsExactly(0.485, 0.456, 0.406);
  }

  @Test
  void bottlenecks_may_halve_in_their_first_convolution() {
    JsonNode config = json("{'model_type': 'resnet', 'downsample_in_bottleneck': true}");

    Architecture architecture = new Resnet().architecture(config, Map.of());

    assertThat(layer(architecture, SECOND + "layer.0.convolution").window().stride()).isEqualTo(2);
    assertThat(layer(architecture, SECOND + "layer.0.convolution").window().height()).isEqualTo(28);
    assertThat(layer(architecture, SECOND + "layer.1.convolution").window().stride()).isEqualTo(1);
    assertThat(layer(architecture, SECOND + "shortcut.convolution").window().stride()).isEqualTo(2);
  }

  @Test
  void the_first_stage_may_halve_and_then_projects() {
    JsonNode config =
        json(
            "{'model_type': 'resnet', 'layer_type': 'basic', 'embedding_size': 8,"
                + " 'hidden_sizes': [8, 16], 'depths': [1, 1]}");

    Architecture halving = new Resnet().architecture(with(config, true), Map.of());
    Architecture plain = new Resnet().architecture(with(config, false), Map.of());

    assertThat(layer(halving, FIRST + "layer.0.convolution").window().stride()).isEqualTo(2);
    assertThat(layer(halving, FIRST + "shortcut.convolution").window().stride()).isEqualTo(2);
    assertThat(halving.axes())
        .contains(Axis.of(AxisKind.CHANNELS, "resnet.embedder.embedder.convolution", 8));
    assertThat(plain.shapes()).doesNotContainKey(FIRST + "shortcut.convolution.weight");
    assertThat(layer(plain, "resnet.embedder.embedder.convolution").out())
        .isEqualTo(layer(plain, FIRST + "layer.1.convolution").out());
  }

  @Test
  void labels_count_the_classes() {
    JsonNode config =
        json("{'model_type': 'resnet', 'id2label': {'0': 'cat', '1': 'dog', '2': 'owl'}}");

    assertThat(new Resnet().input(config).classes()).hasValue(3);
    assertThat(new Resnet().architecture(config, Map.of()).shapes().get("classifier.1.bias"))
        .containsExactly(3);
  }

  @Test
  void the_preprocessor_says_what_the_config_leaves_open_of_the_images() throws IOException {
    Golden golden = Golden.of("resnet18");
    Path model = renamed(golden).directory().path();
    ObjectNode config = ModelDirectory.open(model).config();
    config.remove("input_size");
    write(model, "config.json", config);
    write(
        model,
        "preprocessor_config.json",
        json(
            "{'size': {'shortest_edge': 96}, 'crop_pct': 0.875, 'do_normalize': true,"
                + " 'image_mean': [0.5, 0.4, 0.3], 'image_std': [0.25, 0.25, 0.2]}"));

    VisionModel known = VisionModel.of(ModelDirectory.open(model));

    assertThat(known.input().height()).isEqualTo(96);
    assertThat(known.input().width()).isEqualTo(96);
    assertThat(known.input().normalization().mean()).containsExactly(0.5, 0.4, 0.3);
    assertThat(known.input().normalization().std()).containsExactly(0.25, 0.25, 0.2);
    assertThat(known.architecture().layers().get(0).window().height()).isEqualTo(48);
  }

  @Test
  void every_problem_of_a_config_is_reported() {
    JsonNode config =
        json(
            "{'model_type': 'resnet', 'architectures': ['ResNetModel'], 'layer_type': 'wide',"
                + " 'hidden_act': 'gelu', 'depths': [2, 2], 'hidden_sizes': [8, 16, 32],"
                + " 'embedding_size': -1, 'downsample_in_bottleneck': 'yes'}");

    assertThatThrownBy(() -> new Resnet().architecture(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("ResNetModel")
        .hasMessageContaining("wide")
        .hasMessageContaining("gelu")
        .hasMessageContaining("[8, 16, 32]")
        .hasMessageContaining("embedding_size")
        .hasMessageContaining("yes");
  }

  private VisionModel renamed(Golden golden) throws IOException {
    Path to = Files.createDirectories(directory.resolve("renamed"));
    var tensors = new TreeMap<String, TensorData>();
    for (String name : golden.model().tensors().keySet()) {
      tensors.put(renamed(name), golden.model().read(name));
    }
    SafetensorsWriter.write(to.resolve("model.safetensors"), tensors);
    boolean bottleneck = golden.config().path("architecture").asText().equals("resnet50");
    write(
        to,
        "config.json",
        json(
            "{'model_type': 'resnet', 'architectures': ['ResNetForImageClassification'],"
                + " 'embedding_size': 64, 'num_labels': 10, 'input_size': [3, 64, 48],"
                + (bottleneck
                    ? "'hidden_sizes': [16, 32, 48, 80], 'depths': [3, 4, 6, 3],"
                        + " 'layer_type': 'bottleneck'}"
                    : "'hidden_sizes': [8, 16, 24, 32], 'depths': [2, 2, 2, 2],"
                        + " 'layer_type': 'basic'}")));
    return VisionModel.of(ModelDirectory.open(to));
  }

  /** By hand, without the project's own names. */
  private static String renamed(String timm) {
    String[] parts = timm.split("\\.", -1);
    String last = parts[parts.length - 1];
    if (parts[0].equals("fc")) {
      return "classifier.1." + last;
    }
    String kind = parts[parts.length - 2].startsWith("conv") ? "convolution." : "normalization.";
    if (!parts[0].startsWith("layer")) {
      return "resnet.embedder.embedder." + kind + last;
    }
    String block =
        "resnet.encoder.stages.%d.layers.%s."
            .formatted(Integer.parseInt(parts[0].substring(5)) - 1, parts[1]);
    if (parts[2].equals("downsample")) {
      return block
          + "shortcut."
          + (parts[3].equals("0") ? "convolution." : "normalization.")
          + last;
    }
    int which = Integer.parseInt(parts[2].replaceAll("\\D", "")) - 1;
    return block + "layer." + which + "." + kind + last;
  }

  private static Layer layer(Architecture architecture, String module) {
    return architecture.layers().stream()
        .filter(layer -> layer.module().equals(module))
        .findFirst()
        .orElseThrow();
  }

  private static List<Integer> units(Architecture architecture) {
    return architecture.axes().stream().map(Axis::units).toList();
  }

  private static List<Window> windows(Architecture architecture) {
    return architecture.layers().stream().map(Layer::window).toList();
  }

  private static JsonNode with(JsonNode config, boolean halves) {
    return ((ObjectNode) config.deepCopy()).put("downsample_in_first_stage", halves);
  }

  private static void write(Path model, String file, JsonNode content) throws IOException {
    Files.writeString(model.resolve(file), content.toString());
  }
}
