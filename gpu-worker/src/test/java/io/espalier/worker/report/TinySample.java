package io.espalier.worker.report;

import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.job.Interval;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Point;
import io.espalier.worker.report.facts.PruningReport.Search;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.Uncertainty;
import io.espalier.worker.report.facts.UnitRow;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** A report in which every kind of fact occurs and every number can be checked by hand. */
public final class TinySample {
  private TinySample() {}

  /** Two axes of small numbers, of which every number can be checked by hand. */
  public static PruningReport report() {
    Axis a = new Axis("a.out", 8);
    var choices = new SearchSpace.Choices(a, List.of(4, 8));
    var bound = new Budget.Bound(Quantity.FLOPS, "75%", 750);
    return new PruningReport(
        new PruningReport.Model("tiny", "chain2", "chain", Optional.of("ab12")),
        Samples.setup("cpu"),
        new PruningReport.Result(
            List.of(new Constraint(bound, 600)),
            List.of(
                Samples.metric("flops", "count", 1000, 600),
                Samples.metric("loss", "nats", 0.5, Double.NaN),
                accuracy()),
            List.of(
                new LatencyFacts(
                    "original",
                    OptionalDouble.of(2),
                    OptionalDouble.of(2.5),
                    Optional.of(new Interval(2.25, 3)))),
            new ResultLoaders(
                List.of(new ResultLoaders.Loader("stock", List.of("line one", "line two"))),
                Optional.of("a note"))),
        new PruningReport.Choice(
            Optional.of(
                new Profile(
                    "chain2",
                    List.of(choices),
                    BigInteger.TWO,
                    new Cost(600, 60, 240),
                    new Cost(600, 60, 240),
                    new Cost(1000, 100, 400),
                    List.of(new Profile.Verdict(bound, true)))),
            List.of(
                new AxisFacts(
                    "a.out",
                    "channels",
                    8,
                    List.of(4, 8),
                    List.of(0.25, 0.0),
                    List.of(new Cost(600, 60, 240), new Cost(1000, 100, 400)),
                    4,
                    1,
                    Optional.empty()),
                new AxisFacts(
                    "b.out",
                    "channels",
                    3,
                    List.of(3),
                    List.of(),
                    List.of(),
                    3,
                    0,
                    Optional.of("classes"))),
            List.of(
                new Units(
                    "channels",
                    true,
                    List.of(
                        new UnitRow(
                            "a.out",
                            List.of(
                                new UnitRow.Cell(3, 0.5, 3),
                                new UnitRow.Cell(3, 0.25, 1),
                                new UnitRow.Cell(2, 0, 0)))))),
            List.of(
                new CandidateFacts(
                    "a 8, layers 3",
                    List.of(0, 1, 3),
                    new Cost(700, 70, 280),
                    OptionalDouble.empty(),
                    false),
                new CandidateFacts(
                    "a 4, layers 4",
                    List.of(0, 1, 2, 3),
                    new Cost(600, 60, 240),
                    OptionalDouble.of(0.75),
                    true)),
            Optional.of(new Search(0.25, 0.125, false, 7)),
            new Curve(
                List.of(
                    new Point(new Cost(600, 60, 240), 0.25),
                    new Point(new Cost(1000, 100, 400), 0)),
                Optional.of(new Point(new Cost(600, 60, 240), 0.25)),
                List.of(
                    new Measurement(
                        "original", new Cost(1000, 100, 400), -0.5, 0, OptionalDouble.of(0.75))))),
        new Effort(
            List.of(new Phase("sensitivity", 3), new Phase("surgery", 1)),
            OptionalInt.of(2),
            OptionalInt.of(1),
            OptionalInt.of(2),
            OptionalDouble.of(0.5)),
        Optional.empty(),
        List.of(new DataFacts("search", "file:///data", "cd34")),
        Optional.empty());
  }

  /** Lost five points, and could as well have won two. */
  static MetricFacts accuracy() {
    return new MetricFacts(
        new Metric(
            "accuracy",
            "fraction",
            OptionalDouble.of(0.75),
            OptionalDouble.of(0.7),
            true,
            Optional.of("file:///data"),
            OptionalLong.of(100)),
        Optional.of(
            new Uncertainty(
                Uncertainty.Kind.BOOTSTRAP,
                new Interval(0.66, 0.83),
                new Interval(0.61, 0.79),
                Optional.of(new Interval(-0.11, 0.02)))));
  }
}
