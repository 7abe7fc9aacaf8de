package io.espalier.worker.domain.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
  private static final Axis FIRST = Axis.of(AxisKind.HEADS, "h.0", 4);
  private static final Axis SECOND = Axis.of(AxisKind.HEADS, "h.1", 4);
  private static final Axis HIDDEN = Axis.of(AxisKind.HIDDEN, "", 8);

  /** Files of results that are out in the world have these names. */
  @ParameterizedTest
  @CsvSource({
    "HEADS, model.layers.3, model.layers.3.heads",
    "GROUPS, model.layers.3, model.layers.3.groups",
    "NEURONS, model.layers.3, model.layers.3.neurons",
    "NEURONS, model.layers.3.mlp.experts.0, model.layers.3.mlp.experts.0.neurons",
    "EXPERTS, model.layers.3, model.layers.3.experts",
    "CHANNELS, layer2.0.conv1, layer2.0.conv1.out",
    "HIDDEN, '', hidden",
    "LAYERS, '', layers",
    "VOCABULARY, '', vocabulary",
    "POSITIONS, '', positions",
    "SEGMENTS, '', segments",
    "LABELS, '', labels",
    "CLASSES, '', classes",
    "IMAGE, '', image"
  })
  void the_name_says_module_and_kind(AxisKind kind, String module, String name) {
    assertThat(Axis.of(kind, module, 2)).isEqualTo(new Axis(name, 2, kind, module));
  }

  @Test
  void once_a_layer_is_gone_the_axes_behind_it_lie_in_the_module_that_moved_up() {
    Architecture network = network().withStacks(new Stack(Axis.of(AxisKind.LAYERS, "", 2), "h."));

    Architecture cut =
        network.keep(new Kept(Map.of("layers", new int[] {1}, "h.1.heads", new int[] {0, 2, 3})));

    assertThat(cut.axes()).containsExactly(HIDDEN, Axis.of(AxisKind.HEADS, "h.0", 3));
  }

  @Test
  void axes_that_are_tied_are_one_of_their_kind_in_no_module() {
    Architecture tied = network().tie(Map.of("h.0.heads", "heads", "h.1.heads", "heads"));

    assertThat(tied.axes()).containsExactly(HIDDEN, new Axis("heads", 4, AxisKind.HEADS, ""));
  }

  private static Architecture network() {
    return new Architecture(
        "family",
        "network",
        List.of(tensor("h.0.weight", FIRST), tensor("h.1.weight", SECOND)),
        List.of(HIDDEN, FIRST, SECOND),
        List.of(),
        Map.of());
  }

  private static TensorSpec tensor(String name, Axis axis) {
    return new TensorSpec(
        name,
        List.of(new Dimension.Along(axis, 2), new Dimension.Along(HIDDEN, 1)),
        TensorSpec.Role.PARAMETER);
  }
}
