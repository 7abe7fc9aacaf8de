package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class StateColoursTest {
  private static final String ESCAPE = "\033";

  @Test
  void words_of_state_are_coloured_and_nothing_else_changes() {
    String table = "run  state      reason\na    published\nb    rejected   gate failed\n";

    String coloured = StateColours.of(table);

    assertThat(coloured)
        .contains("[32mpublished" + ESCAPE + "[0m", "[31mrejected" + ESCAPE, "[31mfailed");
    assertThat(coloured.replaceAll(ESCAPE + "\\[\\d+m", "")).isEqualTo(table);
  }

  @Test
  void parts_of_words_are_left_alone() {
    String text = "file:///models/failed-net unpublished running-shoes";

    assertThat(StateColours.of(text)).isEqualTo(text);
  }

  @Test
  void nobody_who_does_not_want_them_gets_any() {
    assertThat(StateColours.areShown(Map.of("NO_COLOR", "1", "TERM", "xterm"))).isFalse();
    assertThat(StateColours.areShown(Map.of("TERM", "dumb"))).isFalse();
    assertThat(StateColours.areShown(Map.of())).isFalse();
  }
}
