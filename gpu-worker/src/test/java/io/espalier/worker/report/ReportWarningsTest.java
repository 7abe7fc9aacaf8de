package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Search;
import io.espalier.worker.report.facts.PruningReport.Setup;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.Uncertainty;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ReportWarningsTest {
  private static final Cost COST = new Cost(600, 60, 240);

  /** Of a search that foretold a loss; the result lost something, and was measured. */
  private static PruningReport report(
      double foretold, double lost, List<MetricFacts> metrics, long images) {
    PruningReport tiny = TinySample.report();
    Setup setup = tiny.setup();
    return new PruningReport(
        tiny.model(),
        new Setup(
            setup.algorithm(),
            setup.version(),
            setup.device(),
            setup.seed(),
            setup.objective(),
            setup.losses(),
            List.of(
                Fact.of("score", "score", "agreement"),
                Fact.of(ReportWarnings.SCORED_ON, "images for scoring", images))),
        new PruningReport.Result(
            tiny.result().constraints(),
            metrics,
            tiny.result().latencies(),
            tiny.result().opening()),
        new PruningReport.Choice(
            tiny.choice().profile(),
            tiny.choice().axes(),
            tiny.choice().units(),
            tiny.choice().candidates(),
            Optional.of(new Search(foretold, foretold, true, 7)),
            new Curve(
                List.of(),
                Optional.empty(),
                List.of(new Measurement("result", COST, -lost, lost, OptionalDouble.empty())))),
        tiny.effort(),
        Optional.empty(),
        tiny.data(),
        Optional.empty());
  }

  private static MetricFacts agreement(double after, Interval change) {
    return new MetricFacts(
        Samples.metric("agreement", "fraction", 1, after).metric(),
        Optional.of(
            new Uncertainty(
                Uncertainty.Kind.BOOTSTRAP,
                new Interval(1, 1),
                new Interval(after - 0.05, after + 0.05),
                Optional.of(change))));
  }

  private static final MetricFacts LOST = agreement(0.42, new Interval(-0.62, -0.54));

  @Test
  void a_loss_of_nothing_beside_an_agreement_that_fell_by_half_is_told() {
    List<String> warnings = ReportWarnings.of(report(0, Double.NaN, List.of(LOST), 8));

    assertThat(warnings)
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .startsWith("Foresight and measurement part")
                    .contains("foretold that the result loses 0", "agreement changed from 100.00 %")
                    .contains("to 42.00 %"),
            second -> assertThat(second).contains("8 images only", "scoreImages: 512"));
  }

  @Test
  void a_loss_of_many_times_what_was_foretold_is_told_with_both() {
    List<String> warnings = ReportWarnings.of(report(0.1, 0.5, List.of(LOST), 512));

    assertThat(warnings).singleElement().asString().contains("loses 0.1, but 0.5 was measured");
  }

  @Test
  void a_loss_about_as_foretold_is_no_matter() {
    assertThat(ReportWarnings.of(report(0.2, 0.5, List.of(LOST), 512))).isEmpty();
  }

  @Test
  void a_loss_that_chance_could_have_made_is_no_matter() {
    MetricFacts noise = agreement(0.94, new Interval(-0.12, 0.01));

    assertThat(ReportWarnings.of(report(0, Double.NaN, List.of(noise), 512))).isEmpty();
    assertThat(ReportWarnings.of(report(0.001, 0.5, List.of(noise), 512))).isEmpty();
  }

  @Test
  void a_result_that_only_this_project_opens_is_told_with_the_reason() throws Exception {
    PruningReport tiny = TinySample.report();
    var opening =
        new ResultLoaders(
            List.of(
                new ResultLoaders.Loader("espalier", List.of()),
                new ResultLoaders.Loader("safetensors", List.of())),
            Optional.of("layers are not equally wide"));
    PruningReport report =
        new PruningReport(
            tiny.model(),
            tiny.setup(),
            new PruningReport.Result(
                tiny.result().constraints(),
                tiny.result().metrics(),
                tiny.result().latencies(),
                opening),
            new PruningReport.Choice(
                tiny.choice().profile(),
                tiny.choice().axes(),
                tiny.choice().units(),
                tiny.choice().candidates(),
                tiny.choice().search(),
                tiny.choice().curve()),
            tiny.effort(),
            Optional.empty(),
            tiny.data(),
            Optional.empty());

    assertThat(ReportWarnings.of(tiny)).isEmpty();
    assertThat(ReportWarnings.of(report))
        .containsExactly(
            "No stock loader opens the result, only Espalier does: layers are not equally wide.");
    assertThat(Pages.all(Pages.parse(ReportHtml.page(report)), "div", "warnings"))
        .singleElement()
        .satisfies(box -> assertThat(box.getTextContent()).contains("No stock loader"));
  }
}
