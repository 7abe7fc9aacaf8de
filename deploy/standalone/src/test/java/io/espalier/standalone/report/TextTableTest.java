package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void words_stand_to_the_left_and_numbers_to_the_right() {
    var table = new TextTable("name", "count").row("a", "5").row("longer", "1,200");

    assertThat(table).hasToString("name    count\na           5\nlonger  1,200\n");
  }

  @Test
  void a_row_has_a_cell_per_heading() {
    var table = new TextTable("one", "two");

    assertThatThrownBy(() -> table.row("a")).hasMessage("1 cells for 2 headings");
  }

  @Test
  void a_table_that_is_too_wide_has_its_widest_columns_cut_but_never_the_first() {
    var table =
        new TextTable("a-long-first-column", "state", "reason")
            .row("run-0123456789-01234", "failed", "there was no memory left");

    assertThat(table.within(44).toString().lines())
        .containsExactly(
            "a-long-first-column   state   reason", "run-0123456789-01234  failed  there was no…");
    assertThat(table.within(10).toString().lines())
        .last()
        .isEqualTo("run-0123456789-01234  failed  there…");
    assertThat(table.within(1_000)).hasToString(table.toString());
  }

  @Test
  void the_last_line_stands_in_the_columns_of_the_whole_table() {
    var table = new TextTable("name", "state").row("a", "b");

    assertThat(table.lastLine()).isEqualTo("a     b");
  }

  @Test
  void measurements_show_both_sides_and_the_change() {
    var accuracy =
        new Measurement("accuracy", "fraction", OptionalDouble.of(0.98), OptionalDouble.of(0.931));
    var flops =
        new Measurement("flops", "count", OptionalDouble.of(80_000_000), OptionalDouble.empty());

    String table = Measurement.table(List.of(accuracy, flops));

    assertThat(table.lines().map(String::strip).map(line -> line.replaceAll(" {2,}", "|")))
        .containsExactly(
            "before|after|change", "accuracy|98.00 %|93.10 %|-4.90 pp", "flops|80,000,000|-|-");
    assertThat(Measurement.before(List.of(accuracy, flops)))
        .hasToString("{\"accuracy\":0.98,\"flops\":80000000}");
    assertThat(Measurement.after(List.of(accuracy, flops))).hasToString("{\"accuracy\":0.931}");
  }
}
