package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormatTest {
  private final Result result = Result.of(JsonNodeFactory.instance.objectNode(), "a table");

  @Test
  void names_stand_one_on_a_line() {
    Result named = result.withNames(List.of("one", "two\u001b[2J"));

    assertThat(Format.NAME.suits(named)).isTrue();
    assertThat(Format.NAME.of(named)).isEqualTo("one\ntwo?[2J");
  }

  @Test
  void what_has_no_names_cannot_be_written_as_names() {
    assertThat(Format.NAME.suits(result)).isFalse();
    assertThat(Format.TABLE.suits(result)).isTrue();
  }
}
