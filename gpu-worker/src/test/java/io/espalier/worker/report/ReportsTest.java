package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.WorkerException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;

  @Test
  void the_json_has_the_documented_keys_and_values() throws Exception {
    JsonNode wanted = JSON.readTree(Path.of("src/test/resources/golden/report/tiny.json").toFile());

    JsonNode written = JSON.readTree(PruningJson.text(TinySample.report()));

    assertThat(written.toPrettyString()).isEqualTo(wanted.toPrettyString());
  }

  @Test
  void both_files_are_written_and_nothing_else() throws Exception {
    Path to = directory.resolve("a/b");

    Reports.write(to, Samples.bare());
    Reports.write(to, TinySample.report());

    try (var files = Files.list(to)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("report.html", "report.json");
    }
    assertThat(to.resolve("report.html")).hasContent(ReportHtml.page(TinySample.report()));
    assertThat(to.resolve("report.json")).hasContent(PruningJson.text(TinySample.report()));
  }

  @Test
  void a_place_that_cannot_be_written_is_named() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThatThrownBy(() -> Reports.write(file, TinySample.report()))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining(file.toString());
  }
}
