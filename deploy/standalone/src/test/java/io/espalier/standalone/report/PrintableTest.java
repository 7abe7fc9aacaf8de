package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class PrintableTest {
  private static final String EVIL = "a\u001b[2Jb\u009bc\u202ed\u200be\rf";
  private static final String HARMLESS = "a?[2Jb?c?d?e?f";

  @Test
  void what_does_not_show_as_itself_is_a_question_mark() {
    assertThat(Printable.of(EVIL)).isEqualTo(HARMLESS);
    assertThat(Printable.of("Zeile 1\n\tGrüße 😀 日本")).isEqualTo("Zeile 1\n\tGrüße 😀 日本");
    assertThat(Printable.of("half \ud83d")).isEqualTo("half ?");
  }

  @Test
  void results_for_people_are_printable() {
    Result result = Result.of(JsonNodeFactory.instance.textNode(EVIL), "reason  " + EVIL);

    assertThat(Format.TABLE.of(result)).isEqualTo("reason  " + HARMLESS);
  }

  @Test
  void what_goes_on_is_told_printably() {
    var out = new ByteArrayOutputStream();
    try (var narration = Narration.plain(new PrintStream(out, true, StandardCharsets.UTF_8))) {
      narration.say(EVIL);
    }

    assertThat(out.toString(StandardCharsets.UTF_8)).contains(HARMLESS).doesNotContain("\u001b");
  }
}
