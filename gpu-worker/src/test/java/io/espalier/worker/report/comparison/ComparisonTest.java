package io.espalier.worker.report.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.Pages;
import io.espalier.worker.report.StoredReport;
import io.espalier.worker.report.StoredReport.Asked;
import io.espalier.worker.report.StoredReport.Width;
import io.espalier.worker.report.comparison.Comparison.Differing;
import io.espalier.worker.report.comparison.Comparison.Entry;
import io.espalier.worker.report.comparison.Comparison.Verdict;
import io.espalier.worker.report.comparison.TradeOffChart.Spot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ComparisonTest {
  @ParameterizedTest
  @CsvSource({
    // 1.96 * sqrt((0.9 * 0.1 + 0.88 * 0.12) / 100) = 0.0867; of 10,000 samples 0.00867
    "0.9, 0.88, 100, WITHIN_NOISE",
    "0.9, 0.88, 10000, WORSE",
    "0.88, 0.9, 10000, BETTER",
    "0.9, 0.9, 100, SAME"
  })
  void a_change_of_a_share_counts_if_so_many_samples_can_tell_it(
      double before, double after, long samples, Verdict wanted) {
    Metric accuracy = accuracy(before, after, samples);

    assertThat(entry("a", accuracy, 8).verdict(accuracy)).isEqualTo(wanted);
  }

  @Test
  void sizes_have_no_noise() {
    Metric flops = Metric.exact("flops", "count", 1000, 999);

    assertThat(entry("a", flops, 8).verdict(flops)).isEqualTo(Verdict.BETTER);
  }

  @Test
  void the_front_has_what_no_other_model_beats() {
    var cheap = new Spot("cheap", 1, 0.5);
    var middle = new Spot("middle", 2, 0.8);
    var beaten = new Spot("beaten", 3, 0.8);
    var best = new Spot("best", 4, 0.9);

    assertThat(TradeOffChart.front(List.of(best, beaten, cheap, middle), true))
        .containsExactly(cheap, middle, best);
    assertThat(TradeOffChart.front(List.of(best, beaten, cheap, middle), false))
        .containsExactly(cheap);
  }

  @Test
  void only_axes_that_differ_are_told_of() {
    var comparison =
        new Comparison(
            List.of(
                entry("a", accuracy(0.9, 0.8, 100), 8), entry("b", accuracy(0.9, 0.7, 100), 4)));

    assertThat(comparison.differing())
        .containsExactly(new Differing("conv2", 16, List.of(Optional.of(8), Optional.of(4))));
  }

  @Test
  void the_page_is_xml_that_loads_nothing_and_escapes_names() throws Exception {
    var comparison =
        new Comparison(
            List.of(
                entry("<one>", accuracy(0.9, 0.8, 100), 8),
                entry("two", accuracy(0.9, 0.89, 100), 4)));

    Document page = Pages.parse(comparison.page());

    assertThat(page.getDocumentElement().getTextContent())
        .contains("<one>", "−10.00 pp", "−1.00 pp ~", "flops 50%", "conv2")
        .doesNotContain("conv1");
    assertThat(Pages.all(page, "td", "num worse"))
        .extracting(Element::getTextContent)
        .singleElement()
        .asString()
        .contains("80.00 %");
    assertThat(Pages.all(page, "polyline", "curve")).as("wide and narrow").hasSize(2);
    assertThat(Pages.all(page, "a"))
        .extracting(a -> a.getAttribute("href"))
        .containsExactly("two/report.html", "two/report.html");
    assertThat(Pages.all(page, "script")).isEmpty();
    assertThat(comparison.page()).doesNotContain("src=");
  }

  @Test
  void many_results_are_rows_and_few_are_columns() throws Exception {
    Entry one = entry("one", accuracy(0.9, 0.8, 100), 8);

    Document few = Pages.parse(new Comparison(List.of(one, one)).page());
    Document many = Pages.parse(new Comparison(List.of(one, one, one, one, one)).page());

    assertThat(Pages.all(few, "th", "name"))
        .extracting(Element::getTextContent)
        .containsExactly("", "budget", "FLOPs", "accuracy");
    assertThat(Pages.all(many, "th", "name"))
        .extracting(Element::getTextContent)
        .containsExactly("result", "original", "one", "one", "one", "one", "one");
  }

  @Test
  void nothing_is_no_comparison() {
    assertThatThrownBy(() -> new Comparison(List.of())).isInstanceOf(InvalidInputException.class);
  }

  private static Metric accuracy(double before, double after, long samples) {
    return new Metric(
        "accuracy",
        "fraction",
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        true,
        Optional.of("file:///data"),
        OptionalLong.of(samples));
  }

  private static Entry entry(String name, Metric metric, int width) {
    var report =
        new StoredReport(
            "net",
            Optional.of("digest"),
            "fastnas",
            List.of(new Asked("flops", "50%", 500, 400)),
            List.of(Metric.exact("flops", "count", 1000, 100.0 * width / 2), metric),
            Map.of(),
            List.of(new Width("conv1", 16, 16), new Width("conv2", 16, width)),
            List.of(),
            Optional.empty());
    return new Entry(name, report, Optional.of("two/report.html"));
  }
}
