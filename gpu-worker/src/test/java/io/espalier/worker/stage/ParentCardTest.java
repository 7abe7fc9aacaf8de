package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParentCardTest {
  @TempDir Path model;

  private ParentCard card(String text) throws IOException {
    Files.writeString(model.resolve("README.md"), text);
    return ParentCard.of(model).orElseThrow();
  }

  @Test
  void fields_are_taken_as_they_are_written() throws IOException {
    ParentCard card =
        card(
            """
            ---
            license: apache-2.0 # as before
            language:
              - en
            - de
            model-index:
            - name: x
              results: []
            ---
            # Title
            license: none
            """);

    assertThat(card.field("license")).containsExactly("license: apache-2.0 # as before");
    assertThat(card.field("language")).containsExactly("language:", "  - en", "- de");
    assertThat(card.items("language")).containsExactly("en", "de");
    assertThat(card.field("Title")).isEmpty();
    assertThat(card.isOurs()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "---\ntags: [a, b b]\n---",
        "---\ntags:\n- a\n- b b\n---",
        "---\r\ntags:\r\n - a\r\n - b b\r\n---\r\n"
      })
  void lists_are_read_whichever_way_they_are_written(String text) throws IOException {
    assertThat(card(text).items("tags")).containsExactly("a", "b b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# Title", "---\nlicense: mit\n", "license: mit\n---\n"})
  void what_is_not_between_fences_is_no_field(String text) throws IOException {
    assertThat(card(text).fields()).isEmpty();
  }

  @Test
  void a_model_may_have_no_card() {
    assertThat(ParentCard.of(model)).isEmpty();
  }
}
