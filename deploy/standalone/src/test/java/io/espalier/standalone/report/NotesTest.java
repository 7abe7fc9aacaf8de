package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NotesTest {
  @Test
  void a_text_is_written_once_and_keeps_its_number() {
    var notes = new Notes();

    assertThat(notes.mark("one")).isEqualTo("(1)");
    assertThat(notes.mark("another")).isEqualTo("(2)");
    assertThat(notes.mark("one")).isEqualTo("(1)");
    assertThat(notes).hasToString("(1) one\n(2) another\n");
  }

  @Test
  void long_texts_are_broken_between_words_and_indented() {
    var notes = new Notes();
    notes.mark("word ".repeat(60).strip());

    assertThat(notes.toString().lines()).hasSize(3).allMatch(line -> line.length() <= 110);
    assertThat(notes.toString().lines().skip(1)).allMatch(line -> line.startsWith("    word"));
    assertThat(notes.toString().replaceAll("\\s+", " ")).startsWith("(1) word word");
  }
}
