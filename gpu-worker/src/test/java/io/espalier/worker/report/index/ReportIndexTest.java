package io.espalier.worker.report.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.report.Pages;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.TinySample;
import io.espalier.worker.report.facts.ResultIdentity;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReportIndexTest {
  @TempDir Path store;

  @BeforeEach
  void publish() throws Exception {
    result("shop/run1/stage-0/attempt-1-ab", "shop", "2026-01-02T03:04:05Z");
    result("a name/ä & <b>", "evil<script>", "2026-02-02T03:04:05Z");
    Path older = store.resolve("older");
    Reports.write(older, TinySample.report());
    Files.setLastModifiedTime(
        older.resolve(Reports.JSON), FileTime.from(Instant.parse("2025-05-05T05:05:05Z")));
    Reports.write(store.resolve(".partial-upload"), TinySample.report());
    Files.createDirectories(store.resolve("broken"));
    Files.writeString(store.resolve("broken/report.json"), "{\"model\":");
    Files.createDirectories(store.resolve("other"));
    Files.writeString(store.resolve("other/report.json"), "[1,2]");
    Files.writeString(store.resolve("other/model.safetensors"), "x");
  }

  private void result(String place, String name, String made) throws Exception {
    Path directory = store.resolve(place);
    Reports.write(directory, TinySample.report());
    Reports.identify(
        directory,
        new ResultIdentity(
            Optional.of(name),
            Optional.of("1"),
            Optional.of("edge"),
            OptionalLong.of(2),
            Optional.of("run1"),
            Instant.parse(made),
            "an event",
            List.of(),
            Optional.empty(),
            "ef56",
            Optional.empty()));
  }

  @Test
  void every_result_with_a_report_is_listed_the_newest_first() {
    ReportIndex index = ReportIndex.of(store);

    assertThat(index.entries())
        .extracting(ReportEntry::model)
        .containsExactly("evil<script>@1", "shop@1", "tiny");
    ReportEntry shop = index.entries().get(1);
    assertThat(shop.policy()).hasValue("edge#2");
    assertThat(shop.run()).hasValue("run1");
    assertThat(shop.algorithm()).isEqualTo("fastnas");
    assertThat(shop.metric("flops").orElseThrow().after()).hasValue(600);
    assertThat(shop.quality().orElseThrow().name()).isEqualTo("loss");
    ReportEntry older = index.entries().get(2);
    assertThat(older.made()).isEqualTo("2025-05-05T05:05:05Z");
    assertThat(older.policy()).isEmpty();
    assertThat(index.unreadable())
        .extracting(file -> store.relativize(file).toString())
        .containsExactlyInAnyOrder("broken/report.json", "other/report.json");
  }

  @Test
  void the_page_has_a_row_per_result_that_leads_to_its_report() throws Exception {
    Path page = ReportIndex.of(store).write(store.resolve("index.html"));

    Document document = Pages.parse(Files.readString(page));
    List<Element> rows = Pages.all(document, "tr").stream().skip(1).toList();
    assertThat(rows).hasSize(3);
    for (Element row : rows) {
      Element link = (Element) row.getElementsByTagName("a").item(0);
      Path target = Path.of(page.toUri().resolve(URI.create(link.getAttribute("href"))));
      assertThat(target).isRegularFile().hasFileName(Reports.HTML);
    }
    assertThat(rows.get(1).getTextContent())
        .contains("shop@1", "edge#2", "2026-01-02 03:04", "fastnas", "600", "was 1.00K, −40.0 %");
    assertThat(Pages.all(document, "script")).isEmpty();
    assertThat(document.getDocumentElement().getTextContent()).contains("broken/report.json");
  }

  @Test
  void a_page_elsewhere_leads_to_the_same_reports() throws Exception {
    Path page = ReportIndex.of(store).write(store.resolve("pages/deep/all.html"));

    Document document = Pages.parse(Files.readString(page));
    assertThat(Pages.all(document, "a"))
        .hasSize(3)
        .allSatisfy(
            link ->
                assertThat(Path.of(page.toUri().resolve(URI.create(link.getAttribute("href")))))
                    .isRegularFile());
  }

  @Test
  void a_store_without_results_has_a_page_that_says_so() throws Exception {
    Path empty = Files.createDirectories(store.resolve("empty"));

    Path page = ReportIndex.of(empty).write(empty.resolve("index.html"));

    assertThat(Pages.parse(Files.readString(page)).getDocumentElement().getTextContent())
        .contains("0 results", "Nothing with a report lies there.");
  }

  @Test
  void what_is_no_directory_or_no_file_is_refused_by_name() {
    assertThatThrownBy(() -> ReportIndex.of(store.resolve("nowhere")))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> ReportIndex.of(store).write(store))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("is a directory");
  }
}
