package io.espalier.worker.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QuotedTest {
  @Test
  void what_is_short_is_quoted_as_it_is() {
    assertThat(Quoted.of("wort \u00e4\u00f6 \ud83d\ude00"))
        .isEqualTo("wort \u00e4\u00f6 \ud83d\ude00");
    assertThat(Quoted.of("x".repeat(80))).isEqualTo("x".repeat(80));
  }

  @Test
  void of_what_is_long_eighty_characters_stay() {
    assertThat(Quoted.of("x".repeat(81))).isEqualTo("x".repeat(77) + "...");
    assertThat(Quoted.of("\ud83d\ude00".repeat(1000))).isEqualTo("\ud83d\ude00".repeat(77) + "...");
    assertThat(Quoted.place("/" + "x".repeat(1000))).hasSize(500).endsWith("x...");
  }

  @Test
  void nothing_in_it_moves_the_cursor_of_a_terminal_or_begins_a_line() {
    assertThat(Quoted.of("a\nb\u001b[2Jc\u009bd\u202ee\u200bf\ud800g"))
        .isEqualTo("a?b?[2Jc?d?e?f?g");
  }
}
