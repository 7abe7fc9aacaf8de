package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.Golden;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of VGG, MobileNet and EfficientNet against what timm builds. */
final class TimmArchitecturesTest {
  /*
   * The numbers below are timm 1.0.31's (torch 2.15.0) for create_model(name): trained parameters, twice the
   * multiply-accumulates of all Conv2d and Linear modules at 3 x 224 x 224 (counted by forward hooks, from weight and
   * output shapes), entries of the state dict, blocks with has_skip, and the first 16 digits of the SHA-256 of the
   * lines "name 64x3x3x3" of the state dict, sorted.
   */
  @ParameterizedTest
  @CsvSource({
    "vgg11_bn, 132868840, 15218180096, 62, 0, cc78ef81b7d6fa57",
    "vgg13_bn, 133053736, 22616932352, 76, 0, e8a06dc593a95755",
    "vgg16_bn, 138365992, 30940528640, 97, 0, 2f9e599bc8ecb60d",
    "vgg19_bn, 143678248, 39264124928, 118, 0, 6d38a2a13ce6d03c",
    "mobilenetv2_035, 1677128, 118571616, 314, 10, 9aa94e5cecd910e5",
    "mobilenetv2_050, 1968680, 194263680, 314, 10, db7fc29cd7399848",
    "mobilenetv2_075, 2636424, 418139584, 314, 10, cb2c93f8d7d8b9ab",
    "mobilenetv2_100, 3504872, 601548544, 314, 10, 924b7961f86c2cce",
    "mobilenetv2_110d, 4516520, 861032160, 404, 15, 7bcd6f695eb82e52",
    "mobilenetv2_120d, 5831144, 1337715136, 476, 19, 225c646c802a8d2f",
    "mobilenetv2_140, 6108776, 1164391648, 314, 10, 794e0e0c87b964cb",
    "mobilenetv3_small_050, 1593224, 48377376, 244, 7, 25ee633f4f78eb2b",
    "mobilenetv3_small_075, 2041872, 86798688, 244, 6, 5a956c3a139b37d3",
    "mobilenetv3_small_100, 2542856, 113020800, 244, 6, 221e9cdab7a4fc22",
    "mobilenetv3_large_075, 3993528, 309121248, 312, 10, a0520b7c51456050",
    "mobilenetv3_large_100, 5483032, 433179520, 312, 10, f014d2ce3ddebd14",
    "efficientnet_b0, 5288548, 771629504, 360, 9, 8ce40027225f6c2e",
    "efficientnet_b1, 7794184, 1139303360, 508, 16, 48dbec49edf84c37",
    "efficientnet_b2, 9109994, 1317926880, 508, 16, 4a998fa6968bb0b2",
    "efficientnet_b3, 12233232, 1925416480, 574, 19, abc7c87e50d5359e",
    "efficientnet_b4, 19341616, 3007420864, 706, 25, 530c83d794b8a07d",
    "efficientnet_b5, 30389784, 4712986368, 854, 32, 3eaebbae2a8de314",
    "efficientnet_b6, 43040704, 6720333696, 986, 38, 268ba55c6059494b",
    "efficientnet_b7, 66347960, 10339730304, 1200, 48, cd40a93cb76e3051",
    "efficientnet_b8, 87413142, 13943767680, 1332, 54, 119aa819ef5fabad",
  })
  void without_a_checkpoint_the_table_is_what_timm_builds(
      String name, long parameters, long flops, int tensors, long skips, String digest) {
    Architecture architecture = architecture("{'architecture': '%s'}".formatted(name), Map.of());

    assertThat(digest(architecture)).isEqualTo(digest);
    assertThat(architecture.tensors()).hasSize(tensors);
    assertThat(trained(architecture, TensorSpec.Role.values())).isEqualTo(parameters);
    assertThat(additions(architecture)).isEqualTo(skips);
    assertThat(CostModel.of(architecture).cost(new Widths(Map.of())).flops()).isEqualTo(flops);
    assertThat(CostModel.of(architecture).cost(new Widths(Map.of())).parameters())
        .isEqualTo(trained(architecture, TensorSpec.Role.PARAMETER));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"vgg11-bn", "mobilenetv2-035", "mobilenetv3-small-050", "efficientnet-b0"})
  void the_table_has_exactly_the_tensors_that_the_library_writes(String model) {
    Golden golden = Golden.of(model);
    Map<String, long[]> written = golden.model().shapes();

    Architecture settled = golden.family().architecture(golden.config(), written);
    Architecture promised = golden.family().architecture(golden.config(), Map.of());

    assertThat(settled.shapes().keySet()).containsExactlyInAnyOrderElementsOf(written.keySet());
    assertThat(written)
        .allSatisfy((name, shape) -> assertThat(settled.shapes().get(name)).isEqualTo(shape));
    assertThat(promised).isEqualTo(settled);
  }

  @Test
  void what_is_multiplied_or_convolved_by_itself_lies_along_one_axis() {
    Architecture architecture = architecture("{'architecture': 'mobilenetv3_small_100'}", Map.of());

    assertThat(along(architecture, "blocks.0.0.conv_dw.weight")).isEqualTo("conv_stem.out 1 3 3");
    assertThat(along(architecture, "blocks.0.0.se.conv_expand.bias")).isEqualTo("conv_stem.out");
    assertThat(along(architecture, "blocks.0.0.conv_pw.weight"))
        .isEqualTo("blocks.0.stream conv_stem.out 1 1");
    assertThat(along(architecture, "blocks.2.1.conv_dw.weight"))
        .isEqualTo("blocks.2.1.conv_pw.out 1 5 5");
    assertThat(along(architecture, "blocks.2.1.se.conv_reduce.weight"))
        .isEqualTo("blocks.2.1.se.conv_reduce.out blocks.2.1.conv_pw.out 1 1");
    assertThat(along(architecture, "blocks.2.1.se.conv_expand.weight"))
        .isEqualTo("blocks.2.1.conv_pw.out blocks.2.1.se.conv_reduce.out 1 1");
    assertThat(along(architecture, "blocks.2.2.bn3.running_var")).isEqualTo("blocks.2.stream");
    assertThat(along(architecture, "conv_head.weight"))
        .isEqualTo("conv_head.out blocks.5.stream 1 1");
  }

  @Test
  void stages_of_equal_widths_are_one_stream() {
    Architecture half = architecture("{'architecture': 'mobilenetv3_small_050'}", Map.of());
    Architecture large = architecture("{'architecture': 'mobilenetv3_large_100'}", Map.of());

    assertThat(along(half, "blocks.3.0.conv_pwl.weight")).startsWith("blocks.2.stream ");
    assertThat(along(large, "blocks.0.0.conv_pw.weight")).startsWith("conv_stem.out conv_stem.out");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mobilenetv2_100",
        "mobilenetv3_small_050",
        "mobilenetv3_large_100",
        "efficientnet_b1",
        "vgg13_bn"
      })
  void a_network_whose_widths_became_equal_by_a_cut_is_described_as_before(String name) {
    String config = "{'architecture': '%s'}".formatted(name);
    Architecture whole = architecture(config, Map.of());
    var units = new HashMap<String, int[]>();
    for (Axis axis : whole.prunableAxes()) {
      units.put(axis.name(), IntStream.range(0, Math.min(8, axis.units())).toArray());
    }
    Architecture cut = whole.keep(new Kept(units));

    Architecture described = architecture(config, cut.shapes());

    assertThat(described).isEqualTo(cut);
  }

  @Test
  void only_what_images_flatten_and_classes_fix_is_frozen() {
    Architecture vgg = architecture("{'architecture': 'vgg16_bn'}", Map.of());
    Architecture v2 = architecture("{'architecture': 'mobilenetv2_100'}", Map.of());
    Architecture v3 = architecture("{'architecture': 'mobilenetv3_small_100'}", Map.of());
    Architecture b0 = architecture("{'architecture': 'efficientnet_b0'}", Map.of());

    assertThat(vgg.frozen()).containsOnlyKeys("image", "pre_logits.fc2.out", "classes");
    assertThat(v2.frozen()).containsOnlyKeys("image", "conv_head.out", "classes");
    assertThat(v3.frozen()).containsOnlyKeys("image", "conv_head.out", "classes");
    assertThat(b0.frozen()).containsOnlyKeys("image", "conv_head.out", "classes");
    assertThat(v3.frozen().get("conv_head.out")).contains("flatten");
    assertThat(vgg.frozen().get("pre_logits.fc2.out")).contains("flatten");
    assertThat(vgg.prunableAxes()).hasSize(13 + 1); // convolutions, first layer of the head
    assertThat(v2.prunableAxes()).hasSize(1 + 7 + 16); // stem, streams, inner widths
    assertThat(b0.prunableAxes()).hasSize(1 + 7 + 15 + 16); // and squeezed widths
  }

  @ParameterizedTest
  @CsvSource({
    "tf_mobilenetv3_small_100, a MobileNet known here",
    "mobilenetv3_small_minimal_100, a MobileNet known here",
    "mobilenetv3_large_050, a MobileNet known here",
    "tf_efficientnet_b0, an EfficientNet known here",
    "efficientnet_b0_gn, an EfficientNet known here",
    "vgg16, a VGG known here",
  })
  void neighbours_that_are_not_known_are_refused_with_those_that_are(String name, String words) {
    JsonNode config = json("{'architecture': '%s'}".formatted(name));
    VisionFamily family = Families.vision(config);

    assertThatThrownBy(() -> family.architecture(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining(words);
    assertThatThrownBy(() -> family.input(config))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(words);
  }

  @Test
  void every_problem_of_a_mobile_config_is_reported() {
    String config =
        "{'architecture': 'efficientnet_b0', 'num_classes': 0,"
            + " 'model_args': {'channel_multiplier': -1, 'bn_eps': 0.001, 'cfg': [8]}}";

    assertThatThrownBy(() -> architecture(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("num_classes")
        .hasMessageContaining("channel_multiplier must be a positive number up to 100, found -1")
        .hasMessageContaining("model_args.bn_eps = 0.001")
        .hasMessageContaining("model_args.cfg = [8]");
  }

  @Test
  void every_problem_of_a_vgg_config_is_reported() {
    String config =
        "{'architecture': 'vgg11_bn', 'input_size': [3, 224, 31],"
            + " 'model_args': {'cfg': [8, 'M', 8], 'mlp_ratio': 0, 'channel_multiplier': 1}}";

    assertThatThrownBy(() -> architecture(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(
            "input_size must be larger: of images of 224 x 31, 14 x 1 pixels are left for a window"
                + " of 2 x 2")
        .hasMessageContaining(
            "8 positive integers with an \"M\" after each stage of [1, 1, 2, 2, 2]")
        .hasMessageContaining("mlp_ratio")
        .hasMessageContaining("channel_multiplier");
  }

  private static long trained(Architecture architecture, TensorSpec.Role... roles) {
    return architecture.tensors().stream()
        .filter(tensor -> tensor.role() != TensorSpec.Role.BUFFER)
        .filter(tensor -> Arrays.asList(roles).contains(tensor.role()))
        .mapToLong(tensor -> LongStream.of(tensor.shape()).reduce(1, (a, b) -> a * b))
        .sum();
  }

  private static long additions(Architecture architecture) {
    Map<String, Layer> layers =
        architecture.layers().stream()
            .collect(Collectors.toMap(Layer::module, Function.identity()));
    return layers.keySet().stream()
        .filter(module -> module.endsWith(".conv_dw"))
        .map(module -> module.substring(0, module.length() - "conv_dw".length()))
        .filter(
            block ->
                layers.containsKey(block + "conv_pwl")
                    ? layers
                        .get(block + "conv_pw")
                        .in()
                        .equals(layers.get(block + "conv_pwl").out())
                    : layers
                        .get(block + "conv_dw")
                        .out()
                        .equals(layers.get(block + "conv_pw").out()))
        .count();
  }

  private static String digest(Architecture architecture) {
    var lines = new StringBuilder();
    new TreeMap<>(architecture.shapes())
        .forEach(
            (name, shape) ->
                lines
                    .append(name)
                    .append(' ')
                    .append(
                        LongStream.of(shape)
                            .mapToObj(Long::toString)
                            .collect(Collectors.joining("x")))
                    .append('\n'));
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(lines.toString().getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(hash, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String along(Architecture architecture, String name) {
    TensorSpec tensor =
        architecture.tensors().stream()
            .filter(t -> t.name().equals(name))
            .findFirst()
            .orElseThrow();
    return tensor.dimensions().stream()
        .map(
            dimension ->
                dimension instanceof Dimension.Along along
                    ? along.axis().name()
                    : Integer.toString(dimension.size()))
        .collect(Collectors.joining(" "));
  }

  private static Architecture architecture(String config, Map<String, long[]> shapes) {
    JsonNode json = json(config);
    return Families.of(json).architecture(json, shapes);
  }
}
