package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.report.chart.Figures;
import io.espalier.worker.report.chart.LineChart;
import io.espalier.worker.report.chart.PictureWidth;
import io.espalier.worker.report.chart.Ticks;
import io.espalier.worker.report.chart.TimeBar;
import io.espalier.worker.report.chart.WidthBars;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Point;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReportPicturesTest {
  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void bars_are_as_long_as_axes_are_wide(PictureWidth picture) throws Exception {
    List<AxisFacts> axes = Samples.resnet152().choice().axes();

    Document bars = Pages.parse(WidthBars.on(picture, axes));

    List<Element> originals = Pages.all(bars, "rect", "original");
    List<Element> kept =
        Pages.all(bars, "rect").stream()
            .filter(rect -> rect.getAttribute("class").startsWith("kept"))
            .toList();
    double perUnit =
        originals.stream().mapToDouble(bar -> Pages.number(bar, "width")).max().orElseThrow()
            / axes.stream().mapToInt(AxisFacts::units).max().orElseThrow();
    assertThat(originals).hasSameSizeAs(axes);
    for (int i = 0; i < axes.size(); i++) {
      assertThat(Pages.number(originals.get(i), "width"))
          .isCloseTo(axes.get(i).units() * perUnit, within(0.5));
      assertThat(Pages.number(kept.get(i), "width"))
          .isCloseTo(axes.get(i).chosen() * perUnit, within(0.5));
    }
    assertThat(Pages.titles(bars)).containsAll(axes.stream().map(AxisFacts::name).toList());
  }

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void a_curve_goes_to_the_right_and_stays_in_its_picture(PictureWidth picture) throws Exception {
    PruningReport report = Samples.resnet20();
    long whole = report.choice().profile().orElseThrow().max().flops();

    Document chart =
        Pages.parse(
            LineChart.on(
                picture,
                new LineChart.Content(
                    Losses.MEASURED,
                    report.choice().curve(),
                    Quantity.FLOPS,
                    whole,
                    Optional.of(report.result().constraints().get(0).bound()))));

    String points = Pages.all(chart, "polyline").get(0).getAttribute("points");
    double[] across =
        Arrays.stream(points.split(" "))
            .mapToDouble(pair -> Double.parseDouble(pair.substring(0, pair.indexOf(','))))
            .toArray();
    assertThat(across).isSorted().hasSameSizeAs(report.choice().curve().points());
    assertThat(across[across.length - 1]).isLessThanOrEqualTo(picture.width());
    assertThat(Pages.all(chart, "line", "budget")).hasSize(1);
    assertThat(Pages.titles(chart)).anyMatch(title -> title.startsWith("chosen: "));
    assertThat(Pages.titles(chart)).anyMatch(title -> title.startsWith("result, measured: "));
  }

  @Test
  void a_curve_without_losses_lies_on_its_ground() throws Exception {
    var curve =
        new Curve(
            List.of(new Point(new Cost(5, 5, 5), 0), new Point(new Cost(10, 10, 10), 0)),
            Optional.empty(),
            List.of());

    Document chart =
        Pages.parse(
            LineChart.on(
                PictureWidth.WIDE,
                new LineChart.Content(
                    Losses.MEASURED, curve, Quantity.BYTES, 10, Optional.empty())));

    String ground = Pages.all(chart, "line", "axis").get(0).getAttribute("y1");
    assertThat(Pages.all(chart, "polyline").get(0).getAttribute("points").split(" "))
        .allMatch(pair -> pair.endsWith("," + ground));
  }

  @ParameterizedTest
  @CsvSource({"0,1", "0.37,1", "0,0", "-0.3,7.1", "0,1e-9", "0,123456"})
  void ticks_cover_their_range_evenly(double low, double high) {
    Ticks ticks = Ticks.covering(low, high, 5);

    assertThat(ticks.low()).isLessThanOrEqualTo(low + 1e-12);
    assertThat(ticks.high()).isGreaterThanOrEqualTo(high - 1e-12);
    assertThat(ticks.values()).hasSizeBetween(2, 9).isSorted();
  }

  @Test
  void phases_share_the_bar_as_they_shared_the_time() throws Exception {
    var effort =
        new Effort(
            List.of(new Phase("a", 3), new Phase("b", 1)),
            OptionalInt.of(2),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty());

    Document bar = Pages.parse(TimeBar.on(PictureWidth.WIDE, effort));

    assertThat(Pages.number(Pages.all(bar, "rect", "c0").get(0), "width")).isEqualTo(660);
    assertThat(Pages.number(Pages.all(bar, "rect", "c1").get(0), "x")).isEqualTo(660);
    assertThat(Pages.number(Pages.all(bar, "rect", "c1").get(0), "width")).isEqualTo(220);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "81102080 | count | 81.10M",
        "431800 | bytes | 431.80KB",
        "0.9047 | fraction | 90.47 %",
        "0.25144 | nats | 0.2514",
        "-0.00001 | nats | −1.00e−05",
        "7.84 | milliseconds | 7.84 ms",
        "142.7 | seconds | 2 min 23 s",
        "3725 | seconds | 1 h 2 min",
        "NaN | count | NaN",
        "Infinity | nats | Infinity"
      })
  void numbers_are_written_as_people_read_them(double value, String unit, String text) {
    assertThat(Figures.of(value, unit)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "flops | count | 100 | 59 | −41.0 % | better",
        "accuracy | fraction | 0.9 | 0.89 | −1.00 pp | worse",
        "loss | nats | 0.25 | 0.28 | +0.03 | worse",
        "loss | nats | 0.25 | 0.25 | 0 | same",
        "loss | nats | NaN | 0.25 | – | unknown",
        "flops | count | 0 | 0 | 0 | same"
      })
  void changes_are_told_in_the_way_that_says_most(
      String name, String unit, double before, double after, String text, String verdict) {
    assertThat(Change.of(Samples.metric(name, unit, before, after)))
        .isEqualTo(new Change(text, verdict, ""));
  }
}
