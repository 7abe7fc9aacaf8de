package io.espalier.worker.model.convnet;

import static io.espalier.worker.model.Configs.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.tensor.Golden;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DensenetArchitectureTest {
  private static final String LAYER = "features.denseblock1.denselayer";

  @Test
  void the_table_has_exactly_the_tensors_that_timm_writes() {
    Golden golden = Golden.of("densenet121");
    Map<String, long[]> written = golden.model().shapes();

    Map<String, long[]> promised = DensenetArchitecture.of(golden.config(), written).shapes();

    assertThat(promised.keySet()).containsExactlyInAnyOrderElementsOf(written.keySet());
    assertThat(written)
        .allSatisfy((name, shape) -> assertThat(promised.get(name)).isEqualTo(shape));
  }

  @ParameterizedTest
  @CsvSource({
    "densenet121, 7895208, 2834161664, 103",
    "densenet161, 28461064, 7727907072, 135",
    "densenet169, 13991080, 3359843328, 135",
    "densenet201, 19784872, 4291365888, 167",
  })
  void without_a_checkpoint_weights_and_multiplications_are_those_counted_in_timm(
      String name, long parameters, long multiplications, int prunable) {
    Architecture architecture =
        DensenetArchitecture.of(json("{'architecture': '%s'}".formatted(name)), Map.of());

    assertThat(architecture.layers().stream().mapToLong(DensenetArchitectureTest::parameters).sum())
        .isEqualTo(parameters);
    assertThat(
            architecture.layers().stream()
                .mapToLong(
                    layer ->
                        (long) layer.out().size()
                            * layer.in().size()
                            * layer.window().area()
                            * layer.window().positions())
                .sum())
        .isEqualTo(multiplications);
    assertThat(architecture.prunableAxes()).hasSize(prunable);
  }

  @Test
  void a_layer_reads_what_went_into_its_block_and_then_what_earlier_layers_wrote() {
    Architecture architecture = small();

    assertThat(in(architecture, LAYER + "3.conv1.weight"))
        .containsExactly("features.conv0.out", LAYER + "1.conv2.out", LAYER + "2.conv2.out");
    assertThat(in(architecture, LAYER + "3.conv2.weight")).containsExactly(LAYER + "3.conv1.out");
    assertThat(in(architecture, "features.denseblock2.denselayer1.conv1.weight"))
        .containsExactly("features.transition1.conv.out");
  }

  @Test
  void a_cut_unit_leaves_the_side_of_every_later_reader_and_no_other() {
    Architecture architecture = small();

    Architecture cut = architecture.keep(new Kept(Map.of(LAYER + "1.conv2.out", new int[] {1, 3})));

    Map<String, long[]> before = architecture.shapes();
    Map<String, long[]> after = cut.shapes();
    assertThat(after.get(LAYER + "1.conv2.weight")[0]).isEqualTo(2);
    for (String reader :
        List.of(LAYER + "2.conv1", LAYER + "3.conv1", "features.transition1.conv")) {
      long[] whole = before.get(reader + ".weight");
      assertThat(after.get(reader + ".weight")).startsWith(whole[0], whole[1] - 2);
    }
    assertThat(after.get(LAYER + "3.norm1.running_var")[0])
        .isEqualTo(before.get(LAYER + "3.norm1.running_var")[0] - 2);
    assertThat(after.get("features.transition1.norm.bias")[0])
        .isEqualTo(before.get("features.transition1.norm.bias")[0] - 2);
    assertThat(after.get(LAYER + "1.conv1.weight")).isEqualTo(before.get(LAYER + "1.conv1.weight"));
  }

  @Test
  void a_cut_network_is_described_by_its_own_widths() {
    Kept kept = RandomCuts.draw(small(), 7);
    Map<String, long[]> shapes = small().keep(kept).shapes();

    Architecture architecture = DensenetArchitecture.of(smallConfig(), shapes);

    assertThat(architecture.shapes())
        .allSatisfy((name, shape) -> assertThat(shape).as(name).isEqualTo(shapes.get(name)));
  }

  @Test
  void what_the_last_normalisation_joins_is_frozen_with_a_reason() {
    Architecture architecture = small();

    assertThat(architecture.frozen())
        .containsOnlyKeys(
            "image",
            "features.transition1.conv.out",
            "features.denseblock2.denselayer1.conv2.out",
            "classes");
    assertThat(architecture.frozen().get("features.transition1.conv.out")).contains("flatten");
    assertThat(architecture.prunableAxes())
        .contains(Axis.of(AxisKind.CHANNELS, "features.denseblock2.denselayer1.conv1", 16));
  }

  @Test
  void every_problem_of_a_config_is_reported() {
    JsonNode config =
        json(
            "{'architecture': 'densenet121', 'num_classes': 0, 'input_size': [3, 224],"
                + " 'model_args': {'block_config': [2, -1], 'growth_rate': 100000, 'stem_type':"
                + " 'deep'}}");

    assertThatThrownBy(() -> DensenetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("num_classes")
        .hasMessageContaining("[3,224]")
        .hasMessageContaining("[2,-1]")
        .hasMessageContaining("100000")
        .hasMessageContaining("stem_type");
  }

  @Test
  void more_layers_than_any_network_has_are_refused() {
    JsonNode config =
        json("{'architecture': 'densenet121', 'model_args': {'block_config': [2000000000]}}");

    assertThatThrownBy(() -> DensenetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("2000000000");
  }

  @Test
  void images_that_vanish_on_the_way_are_refused() {
    JsonNode config = json("{'architecture': 'densenet121', 'input_size': [3, 8, 64]}");

    assertThatThrownBy(() -> DensenetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input_size")
        .hasMessageContaining("images of 8 x 64");
  }

  @ParameterizedTest
  @ValueSource(strings = {"densenet264d", "densenetblur121d", "densenet", "resnet18", ""})
  void other_architectures_are_refused(String name) {
    JsonNode config = json("{'architecture': '%s'}".formatted(name));

    assertThat(DensenetArchitecture.accepts(config)).isFalse();
    assertThatThrownBy(() -> DensenetArchitecture.of(config, Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("'" + name + "'");
  }

  private static Architecture small() {
    return DensenetArchitecture.of(smallConfig(), Map.of());
  }

  private static JsonNode smallConfig() {
    return json(
        "{'architecture': 'densenet121', 'model_args': {'growth_rate': 4, 'block_config': [3,"
            + " 1]}}");
  }

  private static List<String> in(Architecture architecture, String weight) {
    return architecture.layers().stream()
        .filter(layer -> layer.weight().equals(weight))
        .flatMap(layer -> layer.in().parts().stream())
        .map(Dimension.Along::axis)
        .map(Axis::name)
        .toList();
  }

  private static long parameters(Layer layer) {
    long out = layer.out().size();
    return out * layer.in().size() * layer.window().area() + (layer.bias() ? out : 0);
  }
}
