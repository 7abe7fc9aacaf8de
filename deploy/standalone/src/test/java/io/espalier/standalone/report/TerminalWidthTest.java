package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalWidthTest {
  @ParameterizedTest
  @CsvSource({"24 132, 132", "'24 80\n', 80", "'', 80", "0 0, 80", "what, 80", "24 99999, 80"})
  void the_columns_are_the_second_number_and_80_where_there_is_none(String printed, int columns) {
    assertThat(TerminalWidth.columns(printed)).isEqualTo(columns);
  }
}
