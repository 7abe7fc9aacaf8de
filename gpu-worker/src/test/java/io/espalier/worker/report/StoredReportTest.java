package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.StoredReport.Asked;
import io.espalier.worker.report.StoredReport.Foretold;
import io.espalier.worker.report.StoredReport.Width;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredReportTest {
  @TempDir private Path directory;

  @Test
  void a_report_of_the_documented_form_is_read() throws IOException {
    Files.copy(
        Path.of("src/test/resources/golden/report/tiny.json"), directory.resolve("report.json"));

    StoredReport read = StoredReport.read(directory);

    assertThat(read.model()).isEqualTo("tiny");
    assertThat(read.parentDigest()).contains("ab12");
    assertThat(read.constraints()).containsExactly(new Asked("flops", "75%", 750, 600));
    assertThat(read.metrics())
        .extracting(Metric::name, metric -> metric.before().getAsDouble())
        .containsExactly(tuple("flops", 1000.0), tuple("loss", 0.5), tuple("accuracy", 0.75));
    assertThat(read.widths()).containsExactly(new Width("a.out", 8, 4), new Width("b.out", 3, 3));
    var narrow = new Foretold(Map.of("flops", 600L, "parameters", 60L, "bytes", 240L), 0.25);
    var whole = new Foretold(Map.of("flops", 1000L, "parameters", 100L, "bytes", 400L), 0);
    assertThat(read.curve()).containsExactly(narrow, whole);
    assertThat(read.chosen()).contains(narrow);
  }

  @Test
  void whether_a_change_is_noise_is_taken_from_the_report_where_it_says_so() throws IOException {
    Files.writeString(
        directory.resolve("report.json"),
        """
        {"model": {"name": "m"}, "setup": {"algorithm": "fastnas"}, "constraints": [], "axes": [],
         "metrics": [
           {"name": "loss", "unit": "nats", "higherIsBetter": false, "before": 1.0, "after": 1.1,
            "interval": {"kind": "bootstrap", "withinNoise": true}},
           {"name": "accuracy", "unit": "fraction", "higherIsBetter": true, "before": "NaN"}]}
        """);

    StoredReport read = StoredReport.read(directory);

    assertThat(read.withinNoise()).containsOnlyKeys("loss").containsEntry("loss", true);
    assertThat(read.metrics().get(1).before().getAsDouble()).isNaN();
    assertThat(read.metrics().get(1).after()).isEmpty();
    assertThat(read.chosen()).isEmpty();
  }

  @Test
  void a_directory_without_a_report_and_a_report_of_something_else_are_refused_by_name()
      throws IOException {
    assertThatThrownBy(() -> StoredReport.read(directory))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining(directory.toString())
        .hasMessageContaining("report.json");

    for (String content : new String[] {"[1", "[]", "{\"model\": {}}", ""}) {
      Files.writeString(directory.resolve("report.json"), content);
      assertThatThrownBy(() -> StoredReport.read(directory))
          .as(content)
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("no report of a pruning");
    }
  }
}
