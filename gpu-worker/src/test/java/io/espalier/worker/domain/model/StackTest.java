package io.espalier.worker.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.TensorSpec.Role;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class StackTest {
  private static final Axis LAYERS = new Axis("layers", 4);
  private static final Axis HIDDEN = new Axis("hidden", 8);
  private static final int EXPERTS = 6;

  /** Four layers, each with attention, a router and six experts of three neurons. */
  private static Architecture experts() {
    var tensors = new ArrayList<TensorSpec>();
    var axes = new ArrayList<>(List.of(HIDDEN));
    var layers = new ArrayList<Layer>();
    var attentions = new ArrayList<Attention>();
    var frozen = new LinkedHashMap<String, String>();
    var stacks = new ArrayList<>(List.of(new Stack(LAYERS, "model.layers.")));
    for (int i = 0; i < LAYERS.units(); i++) {
      String layer = "model.layers." + i;
      var heads = new Dimension.Along(new Axis(layer + ".heads", 2), 4);
      var experts = new Axis(layer + ".moe.experts", EXPERTS);
      axes.addAll(List.of(heads.axis(), experts));
      frozen.put(heads.axis().name(), "heads of layer " + i);
      stacks.add(new Stack(experts, layer + ".moe.experts."));
      attentions.add(new Attention(layer + ".attn", heads, 5));
      tensors.add(spec(layer + ".attn.q.weight", heads, Dimension.along(HIDDEN)));
      tensors.add(
          spec(layer + ".moe.gate.weight", Dimension.along(experts), Dimension.along(HIDDEN)));
      for (int e = 0; e < EXPERTS; e++) {
        String expert = layer + ".moe.experts." + e;
        var neurons = new Axis(expert + ".neurons", 3);
        axes.add(neurons);
        var weight = spec(expert + ".w1.weight", Dimension.along(neurons), Dimension.along(HIDDEN));
        tensors.add(weight);
        layers.add(
            new Layer(
                weight.name(),
                weight.dimensions().get(0),
                weight.dimensions().get(1),
                new Window(1, 1, 1, 5),
                false,
                false));
      }
    }
    return new Architecture("test", "test", tensors, axes, layers, attentions, frozen, stacks);
  }

  private static TensorSpec spec(String name, Dimension... dimensions) {
    return new TensorSpec(name, List.of(dimensions), Role.PARAMETER);
  }

  @Test
  void modules_behind_a_dropped_one_move_up_and_take_everything_along() {
    Architecture whole = experts();
    var kept =
        new Kept(
            Map.of(
                "layers", new int[] {0, 3},
                "model.layers.3.moe.experts", new int[] {1, 5},
                "model.layers.3.moe.experts.5.neurons", new int[] {0, 2},
                "model.layers.1.heads", new int[] {1},
                "hidden", new int[] {0, 1, 2, 3, 7}));

    Architecture cut = whole.keep(kept);

    assertThat(cut.tensors())
        .extracting(TensorSpec::name)
        .containsExactly(
            "model.layers.0.attn.q.weight",
            "model.layers.0.moe.gate.weight",
            "model.layers.0.moe.experts.0.w1.weight",
            "model.layers.0.moe.experts.1.w1.weight",
            "model.layers.0.moe.experts.2.w1.weight",
            "model.layers.0.moe.experts.3.w1.weight",
            "model.layers.0.moe.experts.4.w1.weight",
            "model.layers.0.moe.experts.5.w1.weight",
            "model.layers.1.attn.q.weight",
            "model.layers.1.moe.gate.weight",
            "model.layers.1.moe.experts.0.w1.weight",
            "model.layers.1.moe.experts.1.w1.weight");
    assertThat(cut.shapes().get("model.layers.1.moe.gate.weight")).containsExactly(2, 5);
    assertThat(cut.shapes().get("model.layers.0.moe.gate.weight")).containsExactly(6, 5);
    assertThat(cut.shapes().get("model.layers.1.moe.experts.0.w1.weight")).containsExactly(3, 5);
    assertThat(cut.shapes().get("model.layers.1.moe.experts.1.w1.weight")).containsExactly(2, 5);
    assertThat(cut.axes()).hasSize(1 + 2 + 6 + 2 + 2).contains(new Axis("hidden", 5));
    assertThat(cut.axes()).contains(new Axis("model.layers.1.moe.experts.1.neurons", 2));
    assertThat(cut.layers()).hasSize(6 + 2);
    assertThat(cut.layers().get(7).weight()).isEqualTo("model.layers.1.moe.experts.1.w1.weight");
    assertThat(cut.layers().get(7).out())
        .isEqualTo(Dimension.along(new Axis("model.layers.1.moe.experts.1.neurons", 2)));
    assertThat(cut.attentions())
        .extracting(Attention::module)
        .containsExactly("model.layers.0.attn", "model.layers.1.attn");
    assertThat(cut.frozen())
        .isEqualTo(
            Map.of(
                "model.layers.0.heads", "heads of layer 0",
                "model.layers.1.heads", "heads of layer 3"));
    assertThat(cut.stacks())
        .containsExactly(
            new Stack(new Axis("layers", 2), "model.layers."),
            new Stack(new Axis("model.layers.0.moe.experts", 6), "model.layers.0.moe.experts."),
            new Stack(new Axis("model.layers.1.moe.experts", 2), "model.layers.1.moe.experts."));
  }

  @Test
  void a_part_has_what_concerns_its_tensors_and_is_cut_as_the_whole_is() {
    Architecture whole = experts();
    List<String> second =
        whole.shapes().keySet().stream()
            .filter(name -> name.startsWith("model.layers.1."))
            .sorted(Comparator.reverseOrder())
            .toList();
    var kept =
        new Kept(
            Map.of(
                "model.layers.1.moe.experts", new int[] {1, 5},
                "model.layers.1.moe.experts.5.neurons", new int[] {0, 2},
                "model.layers.3.heads", new int[] {1},
                "hidden", new int[] {0, 1, 2, 3, 7}));

    List<Architecture> parts = whole.parts(List.of(second, List.of(), second.subList(0, 1)));

    Architecture part = parts.get(0);
    assertThat(part.tensors()).isEqualTo(whole.tensors().subList(8, 16));
    assertThat(part.axes()).hasSize(1 + 2 + EXPERTS).startsWith(HIDDEN);
    assertThat(part.layers()).isEqualTo(whole.layers().subList(EXPERTS, 2 * EXPERTS));
    assertThat(part.attentions()).isEqualTo(whole.attentions().subList(1, 2));
    assertThat(part.frozen()).isEqualTo(Map.of("model.layers.1.heads", "heads of layer 1"));
    assertThat(part.stacks()).containsExactly(whole.stacks().get(0), whole.stacks().get(2));
    List<String> stay =
        second.stream().sorted().map(whole.names(kept)::get).filter(Objects::nonNull).toList();
    assertThat(part.keep(kept.of(part.choices().values())))
        .isEqualTo(whole.keep(kept).parts(List.of(stay)).get(0));
    assertThat(parts.get(1).axes()).isEmpty();
    assertThat(parts.get(2).axes()).hasSize(2).contains(HIDDEN);
  }

  @Test
  void a_part_of_tensors_that_do_not_exist_is_refused() {
    List<String> names = List.of("model.layers.0.attn.q.weight", "model.layers.0.attn.k.weight");

    assertThatThrownBy(() -> experts().parts(List.of(names)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("test has only 1 of the tensors [model.layers.0.attn.k.weight, ");
  }

  @Test
  void names_tell_what_became_of_each_tensor() {
    var kept =
        new Kept(Map.of("layers", new int[] {2}, "model.layers.2.moe.experts", new int[] {4}));

    assertThat(experts().names(kept))
        .containsExactly(
            Map.entry("model.layers.2.attn.q.weight", "model.layers.0.attn.q.weight"),
            Map.entry("model.layers.2.moe.gate.weight", "model.layers.0.moe.gate.weight"),
            Map.entry(
                "model.layers.2.moe.experts.4.w1.weight",
                "model.layers.0.moe.experts.0.w1.weight"));
  }

  @Test
  void modules_that_go_cost_nothing() {
    var kept =
        new Kept(
            Map.of(
                "layers", new int[] {0, 3},
                "model.layers.3.moe.experts", new int[] {1, 5},
                "model.layers.3.moe.experts.5.neurons", new int[] {0, 2},
                "hidden", new int[] {0, 1, 2, 3, 7}));

    Cost cost = CostModel.of(experts().keep(kept)).cost(Widths.all());

    int weights = 6 * 3 * 5 + (3 + 2) * 5;
    assertThat(cost.parameters()).isEqualTo(2 * 8 * 5 + (6 + 2) * 5 + weights);
    assertThat(cost.flops()).isEqualTo(2 * 5 * weights + 2 * (2 * 2 * 5 * 5 * 8));
  }

  /** Seven tokens for three modules, then for two of them. */
  @Test
  void modules_that_share_tokens_have_more_of_them_once_some_are_gone() {
    var modules = new ArrayList<Layer>();
    var stack = new Stack(new Axis("experts", 3), "h.", OptionalInt.of(7));
    for (int i = 0; i < 3; i++) {
      modules.add(
          new Layer(
              stack.module(i) + ".weight",
              Dimension.along(HIDDEN),
              Dimension.along(HIDDEN),
              Window.tokens(stack.share(i)),
              false,
              false));
    }
    Architecture whole =
        new Architecture("test", "test", List.of(), List.of(HIDDEN), modules, Map.of())
            .withStacks(stack);

    Architecture cut = whole.keep(new Kept(Map.of("experts", new int[] {0, 2})));

    assertThat(whole.layers())
        .extracting(each -> each.window().positions())
        .containsExactly(3L, 2L, 2L);
    assertThat(cut.layers()).extracting(each -> each.window().positions()).containsExactly(4L, 3L);
    assertThat(cut.stacks())
        .containsExactly(new Stack(new Axis("experts", 2), "h.", OptionalInt.of(7)));
    assertThat(CostModel.of(cut).cost(Widths.all()).flops())
        .isEqualTo(CostModel.of(whole).cost(Widths.all()).flops())
        .isEqualTo(2L * 8 * 8 * 7);
  }

  @Test
  void keeping_every_module_changes_nothing() {
    Architecture whole = experts();

    assertThat(whole.keep(new Kept(Map.of("layers", new int[] {0, 1, 2, 3})))).isEqualTo(whole);
    assertThat(whole.keep(Kept.all())).isEqualTo(whole);
  }

  @Test
  void modules_that_were_dropped_one_after_the_other_are_gone_as_if_at_once() {
    Architecture whole = experts();

    Architecture twice =
        whole
            .keep(new Kept(Map.of("layers", new int[] {0, 2, 3})))
            .keep(
                new Kept(
                    Map.of("layers", new int[] {1, 2}, "model.layers.2.heads", new int[] {1})));

    assertThat(twice)
        .isEqualTo(
            whole.keep(
                new Kept(
                    Map.of("layers", new int[] {2, 3}, "model.layers.3.heads", new int[] {1}))));
  }

  @ParameterizedTest
  @CsvSource({
    "h.0.weight, 0",
    "h.11.attn.c_attn.weight, 11",
    "h.11, 11",
    "h.12.weight, -1",
    "h.01.weight, -1",
    "h.1x.weight, -1",
    "h.weight, -1",
    "h.-1.weight, -1",
    "h.99999999999.weight, -1",
    "eh.0.weight, -1",
    "h, -1"
  })
  void a_name_belongs_to_the_module_whose_number_follows_the_prefix(String name, int unit) {
    var stack = new Stack(new Axis("layers", 12), "h.");

    assertThat(stack.unit(name)).isEqualTo(unit < 0 ? OptionalInt.empty() : OptionalInt.of(unit));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "h"})
  void a_prefix_without_a_dot_behind_is_refused(String prefix) {
    assertThatThrownBy(() -> new Stack(LAYERS, prefix))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'layers'");
  }

  @Test
  void an_axis_counts_as_many_modules_as_it_has_units() {
    var axis = new Axis("experts", 3);
    var architecture =
        new Architecture("test", "test", List.of(), List.of(axis), List.of(), Map.of());

    assertThatThrownBy(() -> architecture.withStacks(new Stack(new Axis("experts", 4), "e.")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("axis 'experts' has 3 units, but counts 4 modules");
  }

  @Test
  void units_that_a_stack_does_not_have_are_refused() {
    assertThatThrownBy(() -> experts().keep(new Kept(Map.of("layers", new int[] {1, 4}))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("axis 'layers' of test has units 0 to 3, but 1 to 4 are to be kept");
  }

  @Test
  void an_axis_of_a_dropped_module_may_not_be_needed_outside() {
    var inner = new Axis("h.0.neurons", 3);
    var architecture =
        new Architecture(
                "test",
                "test",
                List.of(spec("head.weight", Dimension.along(inner))),
                List.of(inner),
                List.of(),
                Map.of())
            .withStacks(new Stack(new Axis("layers", 2), "h."));

    assertThatThrownBy(() -> architecture.keep(new Kept(Map.of("layers", new int[] {1}))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'h.0.neurons'");
  }

  @Test
  void axes_of_stacks_can_be_tied_and_cut_together() {
    Architecture whole = experts();
    var groups = new LinkedHashMap<String, String>();
    for (int i = 0; i < LAYERS.units(); i++) {
      groups.put("model.layers.%d.moe.experts".formatted(i), "experts");
    }

    Architecture cut = whole.tie(groups).keep(new Kept(Map.of("experts", new int[] {0, 3})));

    assertThat(cut.shapes()).hasSize(LAYERS.units() * (1 + 1 + 2));
    assertThat(cut.stacks().get(4))
        .isEqualTo(new Stack(new Axis("experts", 2), "model.layers.3.moe.experts."));
  }
}
