package io.espalier.standalone.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class PastTimeTest {
  private static final Instant NOON = Instant.parse("2026-06-01T12:00:00Z");

  @ParameterizedTest
  @CsvSource({
    "90s, 2026-06-01T11:58:30Z",
    "30m, 2026-06-01T11:30:00Z",
    "2h, 2026-06-01T10:00:00Z",
    "7d, 2026-05-25T12:00:00Z",
    "2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z"
  })
  void an_age_or_a_time_is_read(String text, Instant time) {
    assertThat(PastTime.read(text, NOON)).isEqualTo(time);
  }

  @Test
  void what_is_neither_is_refused_in_words() {
    assertThatThrownBy(() -> PastTime.read("yesterday", NOON))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage(
            "wanted an age such as 30m, 2h or 7d, or a time such as 2026-06-01T12:00:00Z, found"
                + " 'yesterday'");
  }
}
