package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class OutputLinesTest {
  @Test
  void lines_arrive_as_they_were_written_the_last_one_without_an_end_too() throws IOException {
    assertThat(lines("one\r\n\nzw\u00f6lf\nlast")).containsExactly("one", "", "zw\u00f6lf", "last");
    assertThat(lines("")).isEmpty();
  }

  @Test
  void of_a_line_without_end_the_beginning_is_kept() throws IOException {
    List<String> lines = lines("x".repeat(10_000_000) + "\nnext\n");

    assertThat(lines).containsExactly("x".repeat(OutputLines.LONGEST), "next");
  }

  private static List<String> lines(String text) throws IOException {
    List<String> lines = new ArrayList<>();
    OutputLines.forEach(new ByteArrayInputStream(text.getBytes(UTF_8)), lines::add);
    return lines;
  }
}
