package io.espalier.worker.algorithm.fastnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.algorithm.fastnas.Profiles.InputSize;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProfilesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @Test
  void a_directory_has_the_profile_of_its_network() throws Exception {
    Path directory = GOLDEN.resolve("cifar-resnet20");

    Profile profile =
        Profiles.of(
            ModelDirectory.open(directory), request(16, Optional.of(InputSize.parse("3x32x32"))));

    assertThat(profile.max().flops()).isEqualTo(81_102_080);
    assertThat(profile.max().bytes()).isEqualTo(Files.size(directory.resolve("model.safetensors")));
    assertThat(profile.toMap())
        .containsEntry("axes", 6)
        .containsKeys("spaceSize", "min", "centroid", "max", "choices");
  }

  @Test
  void the_document_shows_the_profile_as_it_is_printed() throws Exception {
    Profile profile =
        Profiles.of(
            ModelDirectory.open(GOLDEN.resolve("cifar-resnet20")), request(16, Optional.empty()));

    assertThat(Files.readString(Path.of("docs/fastnas.md"))).contains(profile.toText());
  }

  @Test
  void another_input_size_changes_the_flops_alone() {
    ModelDirectory model = ModelDirectory.open(GOLDEN.resolve("cifar-resnet20"));

    Profile small = Profiles.of(model, request(16, Optional.empty()));
    Profile large = Profiles.of(model, request(16, Optional.of(new InputSize(3, 64, 64))));

    // 1280 of the FLOPs are those of the classifier, which sees no positions
    assertThat(large.max().flops() - 1280).isEqualTo(4 * (small.max().flops() - 1280));
    assertThat(large.max().parameters()).isEqualTo(small.max().parameters());
  }

  @Test
  void an_inspection_says_what_may_be_cut_and_why_not() {
    ModelDirectory model = ModelDirectory.open(GOLDEN.resolve("cifar-resnet20"));

    Inspection inspection = Inspection.of(model, 16, LayerRules.NONE);

    Map<String, Inspection.AxisView> axes =
        inspection.axes().stream()
            .collect(java.util.stream.Collectors.toMap(Inspection.AxisView::name, axis -> axis));
    assertThat(inspection.family()).isEqualTo("resnet");
    assertThat(inspection.layers()).hasSize(20);
    assertThat(inspection.layers().get(0).shape()).containsExactly(16L, 3L, 3L, 3L);
    assertThat(axes.get("layer3.0.conv1.out").choices()).isEqualTo(List.of(16, 32, 48, 64));
    assertThat(axes.get("layer3.0.conv1.out").reason()).isEmpty();
    assertThat(axes.get("layer3.0.conv1.out").tensors())
        .contains("layer3.0.bn1.running_mean", "layer3.0.conv2.weight");
    assertThat(axes.get("layer1.0.conv1.out").reason())
        .hasValueSatisfying(reason -> assertThat(reason).contains("divisor 16"));
    assertThat(axes.get("layer2.stream").reason())
        .hasValueSatisfying(reason -> assertThat(reason).contains("shortcut of layer3.0"));
  }

  @Test
  void an_inspection_says_which_rule_leaves_a_layer_whole() {
    ModelDirectory model = ModelDirectory.open(GOLDEN.resolve("cifar-resnet20"));
    var rules = new LayerRules(List.of(LayerRules.Rule.excluding("layer3.0.*")));

    Inspection inspection = Inspection.of(model, 16, rules);

    assertThat(inspection.layers())
        .filteredOn(layer -> layer.name().equals("layer3.0.conv1"))
        .singleElement()
        .satisfies(
            layer -> assertThat(layer.reason()).hasValue("excluded by the rule 'layer3.0.*'"));
  }

  @Test
  void a_network_without_weights_has_the_costs_of_one_with_weights() {
    ModelDirectory model = ModelDirectory.open(GOLDEN.resolve("cifar-resnet20"));

    Profile stored = Profiles.of(model, request(16, Optional.empty()));
    Profile named = Profiles.of("cifar_resnet20", request(16, Optional.empty()));

    assertThat(named.axes()).isEqualTo(stored.axes());
    assertThat(named.max().flops()).isEqualTo(stored.max().flops());
    assertThat(named.min().parameters()).isEqualTo(stored.min().parameters());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "3x32", "3x32x32x1", "axbxc", "3x-1x32", "0x32x32"})
  void an_input_size_of_another_form_is_refused(String text) {
    assertThatThrownBy(() -> InputSize.parse(text))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("input size");
  }

  private static Profiles.Request request(int divisor, Optional<InputSize> input) {
    return new Profiles.Request(divisor, LayerRules.NONE, input, Optional.empty());
  }
}
