package io.espalier.worker.report.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.report.CandidateScatter;
import io.espalier.worker.report.LlamaSample;
import io.espalier.worker.report.Pages;
import io.espalier.worker.report.ReportHtml;
import io.espalier.worker.report.Samples;
import io.espalier.worker.report.TinySample;
import io.espalier.worker.report.chart.ParetoScatter.Content;
import io.espalier.worker.report.chart.ParetoScatter.Dot;
import io.espalier.worker.report.chart.ParetoScatter.Mark;
import io.espalier.worker.report.chart.ParetoScatter.Wording;
import io.espalier.worker.report.facts.PruningReport;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ParetoScatterTest {
  private static final Wording COST = new Wording("cost", Figures::significant);
  private static final Wording SCORE = new Wording("loss", Figures::significant);

  private static Dot dot(String name, double cost, double score) {
    return new Dot(name, "", cost, score, name.equals("c") ? Mark.CHOSEN : Mark.PLAIN);
  }

  private static Content content(boolean lessIsBetter, Dot... dots) {
    return new Content(COST, SCORE, lessIsBetter, List.of(dots));
  }

  @Test
  void the_front_is_what_no_other_beats_in_both() {
    Content content =
        content(
            true,
            dot("a", 1, 5),
            dot("b", 2, 6), // dearer and worse than a
            dot("c", 2, 3),
            dot("d", 3, 3), // dearer than c and no better
            dot("e", 4, 1),
            dot("f", Double.NaN, 0),
            dot("g", 5, Double.POSITIVE_INFINITY));

    assertThat(content.front()).extracting(Dot::title).containsExactly("a", "c", "e");
  }

  @Test
  void where_more_is_better_the_front_goes_up() {
    Content content = content(false, dot("a", 1, 5), dot("b", 2, 6), dot("c", 2, 3));

    assertThat(content.front()).extracting(Dot::title).containsExactly("a", "b");
  }

  @Test
  void the_front_is_that_of_comparing_each_with_each() {
    var random = new SplittableRandom(3);
    var dots = new ArrayList<Dot>();
    for (int i = 0; i < 200; i++) {
      dots.add(dot("x" + i, random.nextInt(40), random.nextInt(40)));
    }
    List<Dot> naive =
        dots.stream()
            .filter(
                dot ->
                    dots.stream()
                        .noneMatch(
                            other ->
                                other.across() <= dot.across()
                                    && other.up() <= dot.up()
                                    && (other.across() < dot.across() || other.up() < dot.up())))
            .toList();

    List<Dot> front = new Content(COST, SCORE, true, dots).front();

    assertThat(front).isNotEmpty();
    assertThat(front.stream().map(dot -> List.of(dot.across(), dot.up())))
        .containsExactlyInAnyOrderElementsOf(
            naive.stream().map(dot -> List.of(dot.across(), dot.up())).distinct().toList());
  }

  @ParameterizedTest
  @EnumSource(PictureWidth.class)
  void dots_lie_where_they_should_and_the_chosen_one_has_a_ring(PictureWidth paper)
      throws Exception {
    Content content = content(true, dot("a", 0, 10), dot("c", 5, 5), dot("e", 10, 0));

    Document picture = Pages.parse(ParetoScatter.on(paper, content));

    List<Element> dots = // without that of the legend
        Pages.all(picture, "circle", "dot").stream().skip(1).toList();
    Element ring = Pages.all(picture, "circle", "picked").get(1);
    assertThat(dots).hasSize(3);
    double left = Pages.number(dots.get(0), "cx");
    double right = Pages.number(dots.get(2), "cx");
    assertThat(right).isLessThanOrEqualTo(paper.width());
    assertThat(Pages.number(dots.get(1), "cx")).isCloseTo((left + right) / 2, within(0.02));
    assertThat(Pages.number(dots.get(0), "cy")).isLessThan(Pages.number(dots.get(2), "cy"));
    assertThat(Pages.number(ring, "cx")).isEqualTo(Pages.number(dots.get(1), "cx"));
    assertThat(Pages.number(ring, "cy")).isEqualTo(Pages.number(dots.get(1), "cy"));
    assertThat(Pages.all(picture, "polyline", "front").get(0).getAttribute("points").split(" "))
        .hasSize(3);
  }

  @Test
  void candidates_of_a_report_are_drawn_by_cost_and_score() throws Exception {
    PruningReport report = LlamaSample.report();

    Content content = CandidateScatter.candidates(report);

    long parameters = report.choice().candidates().get(0).cost().parameters();
    assertThat(content.across().label()).isEqualTo("parameters");
    assertThat(content.dots()).extracting(Dot::up).containsExactly(3.07, 3.4);
    assertThat(content.dots()).extracting(Dot::across).containsOnly((double) parameters);
    assertThat(content.dots()).extracting(Dot::mark).containsExactly(Mark.CHOSEN, Mark.PLAIN);
    Document page = Pages.parse(ReportHtml.page(report));
    assertThat(Pages.all(page, "svg"))
        .extracting(svg -> svg.getAttribute("aria-label"))
        .filteredOn(label -> label.startsWith("Scatter: "))
        .hasSize(PictureWidth.values().length);
  }

  @Test
  void single_cuts_are_drawn_where_their_costs_are_known() {
    Content known = CandidateScatter.cuts(TinySample.report());
    Content unknown = CandidateScatter.cuts(Samples.resnet20());

    assertThat(known.dots())
        .singleElement()
        .satisfies(
            dot -> {
              assertThat(dot.across()).isEqualTo(600);
              assertThat(dot.up()).isEqualTo(0.25);
              assertThat(dot.mark()).isEqualTo(Mark.CHOSEN);
              assertThat(dot.title()).contains("a.out cut to 4 of 8", "loses 0.25");
            });
    assertThat(unknown.dots()).isEmpty();
  }
}
