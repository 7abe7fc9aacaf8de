package io.espalier.worker.report.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.report.Pages;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.UnitRow;
import io.espalier.worker.report.facts.UnitRow.Cell;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class UnitMapTest {
  @Test
  void units_by_themselves_stay_in_their_order() {
    UnitRow row = UnitRow.each("a", new double[] {0.1, 0.6, 0.3}, new int[] {1, 2});

    assertThat(row.cells())
        .containsExactly(new Cell(1, 0.1, 0), new Cell(1, 0.6, 1), new Cell(1, 0.3, 1));
  }

  @Test
  void ranked_units_are_summed_up_in_parts_of_even_size() {
    double[] scores = IntStream.range(0, 130).mapToDouble(unit -> unit).toArray();
    int[] kept = IntStream.range(100, 130).toArray();

    List<Cell> cells = UnitRow.ranked("a", scores, kept).cells();

    // 130 units in 64 parts: two or three each; the best two are 129 and 128
    assertThat(cells).hasSize(64).first().isEqualTo(new Cell(2, 128.5, 2));
    assertThat(cells).extracting(Cell::units).containsOnly(2, 3);
    assertThat(cells.stream().mapToInt(Cell::units).sum()).isEqualTo(130);
    assertThat(cells.stream().mapToInt(Cell::kept).sum()).isEqualTo(30);
    assertThat(cells).extracting(Cell::score).isSortedAccordingTo(Comparator.reverseOrder());
    assertThat(cells).extracting(Cell::kept).isSortedAccordingTo(Comparator.reverseOrder());
  }

  @Test
  void a_part_does_not_keep_more_than_it_has() {
    assertThatThrownBy(() -> new Cell(2, 0, 3)).hasMessage("3 of 2 units are kept");
  }

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void a_line_runs_through_what_goes_and_nothing_else(PictureWidth picture) throws Exception {
    double[] scores = {0.1, 0.2, 0.4, 0.1, 0.2};
    var heads = new Units("heads", false, List.of(UnitRow.each("a", scores, new int[] {1, 2})));

    Document map = Pages.parse(UnitMap.on(picture, heads));

    List<Element> lines = Pages.all(map, "line", "gone");
    double left = picture.labelWidth();
    double unit = (picture.width() - left - 76) / 5;
    assertThat(lines).hasSize(2);
    assertThat(Pages.number(lines.get(0), "x1")).isCloseTo(left, within(3.0));
    assertThat(Pages.number(lines.get(0), "x2")).isCloseTo(left + unit, within(3.0));
    assertThat(Pages.number(lines.get(1), "x1")).isCloseTo(left + 3 * unit, within(3.0));
    assertThat(Pages.number(lines.get(1), "x2")).isCloseTo(left + 5 * unit, within(3.0));
  }

  @Test
  void every_unit_says_what_it_is_worth_and_whether_it_stays() throws Exception {
    var heads =
        new Units(
            "heads", false, List.of(UnitRow.each("a", new double[] {0.25, 0.75}, new int[] {1})));

    Document map = Pages.parse(UnitMap.on(PictureWidth.WIDE, heads));

    assertThat(Pages.titles(map))
        .contains("a, unit 0: score 0.25, goes", "a, unit 1: score 0.75, stays");
    assertThat(Pages.all(map, "rect", "h10").size()).isEqualTo(2); // the legend's, and the best
  }

  @Test
  void ranked_parts_say_which_ranks_they_are() throws Exception {
    var neurons =
        new Units(
            "neurons", true, List.of(UnitRow.ranked("a", new double[] {1, 3}, new int[] {1})));

    Document map = Pages.parse(UnitMap.on(PictureWidth.WIDE, neurons));

    assertThat(Pages.titles(map))
        .contains(
            "a, ranks 1 to 1 of 2: mean score 3, 1 of 1 stay",
            "a, ranks 2 to 2 of 2: mean score 1, 0 of 1 stay");
    assertThat(Pages.all(map, "line", "gone")).hasSize(1);
  }
}
