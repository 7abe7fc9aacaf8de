package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EspalierReportsTest {
  private static final String REPORT =
      """
      {"format": 1, "model": {"name": "net"}, "setup": {"algorithm": "fastnas"},
       "metrics": [
         {"name": "parameters", "unit": "count", "higherIsBetter": false, "before": 200.0, "after": 50.0},
         {"name": "accuracy", "unit": "fraction", "higherIsBetter": true, "before": 0.9, "after": 0.8}],
       "identity": {"model": {"name": "shop", "version": "3"},
                    "policy": {"name": "edge", "generation": 2},
                    "run": "0123abcd", "made": "2026-03-04T05:06:07Z"}}
      """;

  @TempDir private Path directory;

  @BeforeEach
  void publish() throws IOException {
    Path artifact = Files.createDirectories(directory.resolve("store/shop/run/stage-0/attempt-1"));
    Files.writeString(artifact.resolve("report.json"), REPORT);
    Files.writeString(artifact.resolve("report.html"), "<html></html>");
  }

  @Test
  void the_index_is_written_into_the_store_and_lists_its_results() throws IOException {
    Path store = directory.resolve("store");

    Ran run = espalier("reports", "index", "--store", store.toString(), "-o", "json");

    assertThat(run.code()).as(run.err()).isZero();
    Path page = store.toRealPath().resolve("index.html");
    assertThat(run.json().path("page").asText()).isEqualTo(page.toString());
    assertThat(run.json().path("results"))
        .singleElement()
        .satisfies(
            result -> {
              assertThat(result.path("model").asText()).isEqualTo("shop@3");
              assertThat(result.path("policy").asText()).isEqualTo("edge#2");
              assertThat(result.path("run").asText()).isEqualTo("0123abcd");
              assertThat(result.path("made").asText()).isEqualTo("2026-03-04T05:06:07Z");
            });
    assertThat(page)
        .content()
        .contains(
            "href=\"shop/run/stage-0/attempt-1/report.html\"", "was 200.00, −75.0 %", "−10.00 pp");
  }

  @Test
  void the_index_may_lie_elsewhere_and_is_told_in_a_table() {
    Path page = directory.resolve("pages/all.html");

    Ran run =
        espalier("reports", "index", "--store", directory + "/store", "--out", page.toString());

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("shop@3", "edge#2", "2026-03-04T05:06:07Z", "all.html");
    assertThat(page).content().contains("../store/shop/run/stage-0/attempt-1/report.html");
  }

  @Test
  void a_report_that_is_none_is_named_and_stops_nothing() throws IOException {
    Path broken = Files.createDirectories(directory.resolve("store/broken"));
    Files.writeString(broken.resolve("report.json"), "{");

    Ran run = espalier("reports", "index", "--store", directory + "/store");

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out()).contains("shop@3", "could not be read", "broken/report.json");
  }

  @Test
  void a_store_that_is_not_there_ends_with_code_3() {
    Ran run = espalier("reports", "index", "--store", directory + "/nowhere");

    assertThat(run.code()).isEqualTo(3);
    assertThat(run.err()).contains("nowhere", "name the folder that artifacts are published to");
  }
}
