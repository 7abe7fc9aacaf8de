package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0s",
    "45, 45s",
    "120, 2m",
    "125, 2m5s",
    "3600, 1h",
    "3900, 1h5m",
    "36600, 10h10m",
    "86400, 1d",
    "270000, 3d3h"
  })
  void a_time_that_has_passed_is_written_as_policies_write_it(long seconds, String written) {
    assertThat(Figures.brief(Duration.ofSeconds(seconds))).isEqualTo(written);
  }
}
