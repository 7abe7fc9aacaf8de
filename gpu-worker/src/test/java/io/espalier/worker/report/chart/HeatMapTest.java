package io.espalier.worker.report.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.report.BertSample;
import io.espalier.worker.report.Pages;
import io.espalier.worker.report.Samples;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class HeatMapTest {
  private static final AxisFacts AXIS =
      new AxisFacts(
          "a",
          "channels",
          40,
          List.of(10, 20, 40),
          List.of(1.0, 0.01, 0.0),
          List.of(),
          20,
          2,
          Optional.empty());

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void every_axis_has_a_row_and_one_cell_marked(PictureWidth picture) throws Exception {
    List<AxisFacts> axes = Samples.resnet152().choice().configurable();

    Document map = Pages.parse(HeatMap.on(picture, Losses.MEASURED, axes));

    assertThat(axes).hasSizeGreaterThan(100);
    assertThat(Pages.titles(map)).containsAll(axes.stream().map(AxisFacts::name).toList());
    assertThat(Pages.all(map, "rect", "chosen")).hasSameSizeAs(axes);
  }

  @Test
  void the_marked_cells_are_those_of_the_chosen_widths() throws Exception {
    List<AxisFacts> axes = Samples.resnet20().choice().configurable();

    Document map = Pages.parse(HeatMap.on(PictureWidth.WIDE, Losses.MEASURED, axes));

    assertThat(Pages.titles(map).stream().filter(title -> title.endsWith("; chosen")))
        .hasSameSizeAs(axes);
    for (AxisFacts axis : axes) {
      String start = "%s: %d of %d kept".formatted(axis.name(), axis.chosen(), axis.units());
      assertThat(Pages.titles(map))
          .anyMatch(title -> title.startsWith(start) && title.endsWith("; chosen"));
    }
  }

  @Test
  void cells_end_at_the_part_that_is_kept() throws Exception {
    Document map = Pages.parse(HeatMap.on(PictureWidth.WIDE, Losses.MEASURED, List.of(AXIS)));

    Element chosen = Pages.all(map, "rect", "chosen").get(0);
    double left = PictureWidth.WIDE.labelWidth();
    double width = PictureWidth.WIDE.width() - left - 76;
    double right = Pages.number(chosen, "x") + Pages.number(chosen, "width");
    assertThat(Pages.number(chosen, "x")).isCloseTo(left + width / 4, within(1.0));
    assertThat(right).isCloseTo(left + width / 2, within(1.0));
  }

  @Test
  void more_loss_never_has_a_weaker_colour() {
    LossScale scale = LossScale.of(Samples.resnet20().choice().configurable());

    int last = 0;
    for (double loss = 1e-6; loss < 2; loss *= 1.1) {
      int step = scale.step(loss);
      assertThat(step).isBetween(last, LossScale.STEPS - 1);
      last = step;
    }
    assertThat(last).isEqualTo(LossScale.STEPS - 1);
    assertThat(scale.style(0)).isEqualTo("zero");
  }

  @Test
  void no_loss_anywhere_has_a_scale_of_nothing() throws Exception {
    var flat =
        new AxisFacts(
            "a",
            "channels",
            8,
            List.of(4, 8),
            List.of(0.0, 0.0),
            List.of(),
            4,
            1,
            Optional.empty());

    Document map = Pages.parse(HeatMap.on(PictureWidth.WIDE, Losses.MEASURED, List.of(flat)));

    assertThat(LossScale.of(List.of(flat)).isFlat()).isTrue();
    assertThat(Pages.all(map, "rect", "zero")).hasSize(3);
    assertThat(Pages.all(map, "rect", "h0")).isEmpty();
  }

  @Test
  void one_loss_has_one_colour_and_one_number() throws Exception {
    var axis =
        new AxisFacts(
            "a",
            "channels",
            8,
            List.of(4, 8),
            List.of(0.25, 0.0),
            List.of(),
            4,
            1,
            Optional.empty());

    Document map = Pages.parse(HeatMap.on(PictureWidth.WIDE, Losses.MEASURED, List.of(axis)));

    assertThat(Pages.all(map, "rect", "h10")).hasSize(2);
    assertThat(Pages.all(map, "rect", "h0")).isEmpty();
    assertThat(Pages.all(map, "text", "tick").stream().map(Element::getTextContent))
        .containsOnlyOnce("0.25");
  }

  @Test
  void losses_that_were_not_measured_are_not_called_none() throws Exception {
    var unknown =
        new AxisFacts(
            "a", "channels", 8, List.of(4, 8), List.of(), List.of(), 4, 0, Optional.empty());

    Document map = Pages.parse(HeatMap.on(PictureWidth.WIDE, Losses.MEASURED, List.of(unknown)));

    assertThat(Pages.all(map, "rect", "unknown")).hasSize(2);
    assertThat(Pages.titles(map)).anyMatch(title -> title.contains("not measured"));
  }

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void axes_of_one_network_have_different_labels(PictureWidth picture) {
    List<AxisFacts> axes = Samples.resnet152().choice().axes();

    int rowHeight = PictureWidth.rowHeight(axes.size());

    assertThat(axes.stream().map(axis -> picture.label(axis.name(), rowHeight)))
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void layers_of_a_transformer_have_different_labels_without_what_all_begin_with(
      PictureWidth picture) {
    List<String> names =
        BertSample.report().choice().configurable().stream().map(AxisFacts::name).toList();

    Labels labels = Labels.of(picture, PictureWidth.rowHeight(names.size()), names);

    assertThat(names).hasSize(24).contains("bert.encoder.layer.11.neurons");
    assertThat(names.stream().map(labels::of)).doesNotHaveDuplicates();
    assertThat(labels.of("bert.encoder.layer.11.neurons"))
        .isEqualTo(picture == PictureWidth.WIDE ? "layer.11.neurons" : "l.11.neurons");
  }

  @Test
  void names_that_share_no_word_are_left_as_they_are() {
    Labels labels = Labels.of(PictureWidth.WIDE, 24, List.of("conv1.out", "conv2.out"));

    assertThat(labels.of("conv1.out")).isEqualTo("conv1.out");
    assertThat(Labels.of(PictureWidth.WIDE, 24, List.of("a.b.c")).of("a.b.c")).isEqualTo("a.b.c");
  }
}
