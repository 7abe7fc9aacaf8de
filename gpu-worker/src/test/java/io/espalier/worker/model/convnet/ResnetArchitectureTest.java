package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Layer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResnetArchitectureTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest
  @ValueSource(strings = {"cifar-resnet20", "resnet18", "resnet26d", "resnet50"})
  void the_table_has_exactly_the_tensors_that_the_library_writes(String model) {
    Map<String, long[]> written = shapes(model);

    Architecture architecture = ResnetArchitecture.of(config(model), written);

    Map<String, long[]> promised = architecture.shapes();
    assertThat(promised.keySet()).containsExactlyInAnyOrderElementsOf(written.keySet());
    assertThat(written)
        .allSatisfy((name, shape) -> assertThat(promised.get(name)).isEqualTo(shape));
  }

  @ParameterizedTest
  @CsvSource({
    "cifar_resnet20, 268346, 9",
    "cifar_resnet110, 1719866, 54",
    "resnet18, 11679912, 11",
    "resnet34, 21780648, 19",
    "resnet50, 25503912, 36",
    "resnet101, 44443816, 70",
    "resnet152, 60041384, 104",
  })
  void without_a_checkpoint_the_widths_are_the_published_ones(
      String name, long parameters, int prunable) {
    int classes = name.startsWith("cifar") ? 10 : 1000;

    Architecture architecture =
        ResnetArchitecture.of(
            json("{'architecture': '%s', 'num_classes': %d}".formatted(name, classes)), Map.of());

    assertThat(architecture.layers().stream().mapToLong(ResnetArchitectureTest::parameters).sum())
        .isEqualTo(parameters);
    assertThat(architecture.prunableAxes()).hasSize(prunable);
  }

  /** 3·8·9 + 6·8·8·9 + (8 + 5·16)·16·9 + (16 + 5·32)·32·9 + 32·10 + 10. */
  @ParameterizedTest
  @ValueSource(strings = {"widths", "channels"})
  void a_network_for_cifar_has_the_widths_that_its_arguments_say(String argument) {
    Architecture architecture =
        ResnetArchitecture.of(
            json(
                "{'architecture': 'cifar_resnet20', 'num_classes': 10, 'model_args': {'%s': [8, 16, 32]}}"
                    .formatted(argument)),
            Map.of());

    assertThat(architecture.layers().stream().mapToLong(ResnetArchitectureTest::parameters).sum())
        .isEqualTo(67_362);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'architecture': 'resnet18', 'model_args': {'widths': [8, 16, 32, 64]}}",
        "{'architecture': 'cifar_resnet20', 'model_args': {'widths': [8, 16, 32], 'channels': [8,"
            + " 16, 32]}}",
        "{'architecture': 'cifar_resnet20', 'model_args': {'widths': [8, 16]}}"
      })
  void widths_that_a_network_does_not_know_are_refused(String config) {
    assertThatThrownBy(() -> ResnetArchitecture.of(json(config), Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model_args.widths");
  }

  @Test
  void a_stem_without_projection_belongs_to_the_stream_of_the_first_stage() {
    Architecture architecture =
        ResnetArchitecture.of(json("{'architecture': 'resnet18'}"), Map.of());

    assertThat(tensorAxes(architecture, "conv1.weight")).isEqualTo("layer1.stream image 7 7");
    assertThat(tensorAxes(architecture, "layer1.0.conv2.weight"))
        .isEqualTo("layer1.stream layer1.0.conv1.out 3 3");
    assertThat(tensorAxes(architecture, "layer2.0.downsample.0.weight"))
        .isEqualTo("layer2.stream layer1.stream 1 1");
    assertThat(tensorAxes(architecture, "layer2.0.downsample.1.running_var"))
        .isEqualTo("layer2.stream");
    assertThat(tensorAxes(architecture, "fc.weight")).isEqualTo("classes layer4.stream");
  }

  @Test
  void every_frozen_axis_has_a_reason() {
    Architecture cifar =
        ResnetArchitecture.of(json("{'architecture': 'cifar_resnet20'}"), Map.of());
    Architecture imagenet = ResnetArchitecture.of(json("{'architecture': 'resnet50'}"), Map.of());

    assertThat(cifar.frozen())
        .containsOnlyKeys("image", "layer1.stream", "layer2.stream", "layer3.stream", "classes");
    assertThat(cifar.frozen().get("layer1.stream")).contains("layer2.0", "every second pixel");
    assertThat(cifar.frozen().get("layer3.stream")).contains("layer3.0", "flatten");
    assertThat(imagenet.frozen()).containsOnlyKeys("image", "layer4.stream", "classes");
  }

  @Test
  void a_cut_network_is_described_by_its_own_widths() {
    Map<String, long[]> cut = new HashMap<>(shapes("cifar-resnet20"));
    cut.put("layer2.1.conv1.weight", new long[] {7, 32, 3, 3});
    for (String vector : new String[] {"weight", "bias", "running_mean", "running_var"}) {
      cut.put("layer2.1.bn1." + vector, new long[] {7});
    }
    cut.put("layer2.1.conv2.weight", new long[] {32, 7, 3, 3});

    Architecture architecture = ResnetArchitecture.of(config("cifar-resnet20"), cut);

    assertThat(architecture.axes()).contains(Axis.of(AxisKind.CHANNELS, "layer2.1.conv1", 7));
    assertThat(architecture.shapes())
        .allSatisfy((name, shape) -> assertThat(shape).isEqualTo(cut.get(name)));
  }

  @Test
  void a_single_tensor_of_a_wrong_shape_is_the_only_one_that_differs() {
    Map<String, long[]> bad = new HashMap<>(shapes("cifar-resnet20"));
    bad.put("layer2.1.conv1.weight", new long[] {31, 32, 3, 3});

    Architecture architecture = ResnetArchitecture.of(config("cifar-resnet20"), bad);

    assertThat(architecture.shapes().get("layer2.1.conv1.weight")).containsExactly(32, 32, 3, 3);
    assertThat(architecture.shapes().get("layer2.1.bn1.weight")).containsExactly(32);
  }

  @Test
  void classes_and_image_channels_are_what_the_config_says_not_what_the_tensors_say() {
    Map<String, long[]> bad = new HashMap<>(shapes("cifar-resnet20"));
    bad.put("fc.weight", new long[] {11, 64});
    bad.put("fc.bias", new long[] {11});
    bad.put("conv1.weight", new long[] {16, 1, 3, 3});

    Architecture architecture = ResnetArchitecture.of(config("cifar-resnet20"), bad);

    assertThat(architecture.shapes().get("fc.bias")).containsExactly(10);
    assertThat(architecture.shapes().get("conv1.weight")).containsExactly(16, 3, 3, 3);
  }

  @Test
  void a_checkpoint_that_counts_no_batches_needs_no_counters() {
    Map<String, long[]> old = new HashMap<>(shapes("cifar-resnet20"));
    old.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));

    Architecture architecture = ResnetArchitecture.of(config("cifar-resnet20"), old);

    assertThat(architecture.shapes().keySet()).containsExactlyInAnyOrderElementsOf(old.keySet());
  }

  @Test
  void every_problem_of_a_config_is_reported() {
    JsonNode config =
        json(
            "{'architecture': 'resnet50', 'num_classes': -1, 'input_size': [3, 224],"
                + " 'model_args': {'output_stride': 8}}");

    assertThatThrownBy(() -> ResnetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("num_classes")
        .hasMessageContaining("[3,224]")
        .hasMessageContaining("output_stride");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cifar_resnet21", "resnet19", "resnext50", "vgg11_bn", ""})
  void other_architectures_are_refused(String name) {
    JsonNode config = json("{'architecture': '%s'}".formatted(name));

    assertThat(ResnetArchitecture.accepts(config)).isFalse();
    assertThatThrownBy(() -> ResnetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + name + "'");
  }

  private static long parameters(Layer layer) {
    long out = layer.out().size();
    return out * layer.in().size() * layer.window().area() + (layer.bias() ? out : 0);
  }

  private static String tensorAxes(Architecture architecture, String name) {
    var tensor =
        architecture.tensors().stream()
            .filter(t -> t.name().equals(name))
            .findFirst()
            .orElseThrow();
    return String.join(
        " ",
        tensor.dimensions().stream()
            .map(
                dimension ->
                    dimension instanceof io.espalier.worker.domain.model.Dimension.Along along
                        ? along.axis().name()
                        : Integer.toString(dimension.size()))
            .toList());
  }

  private static JsonNode config(String model) {
    try {
      return JSON.readTree(GOLDEN.resolve(model).resolve("config.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Read here without the project's own reader, so that an error in that cannot hide one here. */
  private static Map<String, long[]> shapes(String model) {
    try {
      byte[] file = Files.readAllBytes(GOLDEN.resolve(model).resolve("model.safetensors"));
      int length = (int) ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong();
      var shapes = new LinkedHashMap<String, long[]>();
      JSON.readTree(new String(file, 8, length, StandardCharsets.UTF_8))
          .properties()
          .forEach(
              entry -> {
                if (!entry.getKey().equals("__metadata__")) {
                  shapes.put(
                      entry.getKey(),
                      JSON.convertValue(entry.getValue().get("shape"), long[].class));
                }
              });
      return shapes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
