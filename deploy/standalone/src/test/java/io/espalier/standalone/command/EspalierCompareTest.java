package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Comparisons of reports that are written here by hand. */
class EspalierCompareTest {
  private static final String REPORT =
      """
      {"format": 1, "model": {"name": "net", "parentDigest": "%s"},
       "setup": {"algorithm": "fastnas"},
       "constraints": [{"quantity": "flops", "asked": "%d%%", "limit": %d, "reached": %d}],
       "metrics": [
         {"name": "flops", "unit": "count", "higherIsBetter": false, "before": 1000, "after": %d},
         {"name": "accuracy", "unit": "fraction", "higherIsBetter": true, "before": 0.9,
          "after": %s, "dataset": "file:///d", "samples": 100}],
       "axes": [{"name": "a", "units": 10, "chosen": %d}, {"name": "b", "units": 4, "chosen": 4}]}
      """;

  @TempDir private Path directory;

  private Path result(String name, String parent, int percent, String accuracy) throws IOException {
    Path result = Files.createDirectories(directory.resolve(name));
    int flops = 10 * percent;
    Files.writeString(
        result.resolve("report.json"),
        REPORT.formatted(parent, percent, flops, flops, flops, accuracy, percent / 10));
    Files.writeString(result.resolve("report.html"), "<html/>");
    return result;
  }

  private static Ran compare(Path... results) {
    List<String> arguments = new ArrayList<>(List.of("compare"));
    for (Path result : results) {
      arguments.add(result.toString());
    }
    return espalier(arguments.toArray(String[]::new));
  }

  @Test
  void few_results_are_columns_with_values_and_changes() throws IOException {
    Ran run = compare(result("half", "d", 50, "0.5"), result("most", "d", 80, "0.89"));

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(run.out())
        .isEqualTo(
            """
                      original  half                 most
            budget              flops 50%            flops 80%
            flops        1,000  500 (-50.0 %)        800 (-20.0 %)
            accuracy   90.00 %  50.00 % (-40.00 pp)  89.00 % (-1.00 pp ~)

            ~ within what chance may do
            widths differ at 1 of 2 axes
            """);
  }

  @Test
  void many_results_are_rows_with_changes_alone() throws IOException {
    Path half = result("half", "d", 50, "0.5");
    Path most = result("most", "d", 80, "0.89");

    Ran run = compare(half, most, half, most, half);

    assertThat(run.out())
        .containsPattern("original +1,000 +90.00 %")
        .containsPattern(half + " +-50.0 % +-40.00 pp\n");
  }

  @Test
  void programs_get_numbers_verdicts_and_widths() throws IOException {
    Path half = result("half", "d", 50, "0.5");

    Ran run =
        espalier("compare", half.toString(), result("most", "d", 80, "0.89") + "", "-o", "json");

    assertThat(run.json().at("/original/flops").asLong()).isEqualTo(1000);
    assertThat(run.json().at("/results/0/directory").asText()).isEqualTo(half.toString());
    assertThat(run.json().at("/results/0/budget/flops").asText()).isEqualTo("50%");
    assertThat(run.json().at("/results/0/metrics/accuracy/verdict").asText()).isEqualTo("worse");
    assertThat(run.json().at("/results/1/metrics/accuracy/verdict").asText())
        .isEqualTo("within noise");
    assertThat(run.json().path("differingWidths").toString())
        .isEqualTo("[{\"axis\":\"a\",\"original\":10,\"results\":[5,8]}]");
  }

  @Test
  void the_page_links_to_each_report_from_where_it_lies() throws IOException {
    Path page = directory.resolve("pages/all.html");
    String half = result("my half", "d", 50, "0.5").toString();
    String most = result("most", "d", 80, "0.89").toString();

    Ran run = espalier("compare", half, most, "--html", page.toString());

    assertThat(run.code()).as(run.err()).isZero();
    assertThat(page)
        .content()
        .contains("href=\"../my%20half/report.html\"", "href=\"../most/report.html\"");
    assertThat(run.out()).contains("page  " + page.toUri());
  }

  @Test
  void results_of_different_models_are_told_apart() throws IOException {
    Ran run = compare(result("half", "d", 50, "0.5"), result("other", "e", 80, "0.89"));

    assertThat(run.out()).contains("warning: the results are not of one model");
  }
}
