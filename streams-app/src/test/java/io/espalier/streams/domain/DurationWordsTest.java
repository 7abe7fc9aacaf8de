package io.espalier.streams.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationWordsTest {
  @ParameterizedTest
  @CsvSource({"0, 0s", "500, 0.5s", "120000, 2m", "5400000, 1h30m", "93600000, 26h"})
  void a_length_of_time_is_written_as_policies_write_it(long millis, String written) {
    assertThat(DurationWords.of(Duration.ofMillis(millis))).isEqualTo(written);
  }
}
