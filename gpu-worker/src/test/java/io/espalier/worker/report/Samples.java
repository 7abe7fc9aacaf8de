package io.espalier.worker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.convnet.ResnetArchitecture;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.MetricFacts;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Point;
import io.espalier.worker.report.facts.PruningReport.Search;
import io.espalier.worker.report.facts.ResultLoaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;

/**
 * Reports of prunings that never were: networks, spaces and searches are real, losses are drawn.
 */
public final class Samples {
  private final Architecture architecture;
  private final SearchSpace space;
  private final CostModel costs;
  private final Sensitivities sensitivities;
  private final String name;

  private Samples(String name, Architecture architecture, int divisor, double scale) {
    this.name = name;
    this.architecture = architecture;
    this.space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(divisor));
    this.costs = CostModel.of(architecture);
    this.sensitivities = drawn(space, scale);
  }

  /** Searched once for all tests, which takes seconds. */
  private static final class Searched {
    static final PruningReport RESNET_20 =
        new Samples(
                "cifar_resnet20",
                resnet("{'architecture':'cifar_resnet20','num_classes':10,'input_size':[3,32,32]}"),
                8,
                0.4)
            .report(List.of(new Asked(Quantity.FLOPS, 0.6)));

    static final PruningReport RESNET_152 =
        new Samples(
                "timm/resnet152.a1h_in1k",
                resnet("{'architecture':'resnet152','num_classes':1000,'input_size':[3,224,224]}"),
                8,
                2)
            .report(List.of(new Asked(Quantity.FLOPS, 0.5), new Asked(Quantity.PARAMETERS, 0.65)));
  }

  /** A ResNet-20 of CIFAR cut to a part of its FLOPs. */
  public static PruningReport resnet20() {
    return Searched.RESNET_20;
  }

  /** A ResNet-152 of ImageNet with over a hundred axes, under two bounds. */
  public static PruningReport resnet152() {
    return Searched.RESNET_152;
  }

  /** One axis, nothing measured, no bounds, no time, no curve. */
  static PruningReport bare() {
    return new PruningReport(
        new PruningReport.Model("bare", "chain", "chain", Optional.empty()),
        setup("cpu"),
        new PruningReport.Result(
            List.of(),
            List.of(metric("loss", "nats", Double.NaN, 0.5)),
            List.of(),
            ResultLoaders.unknown()),
        new PruningReport.Choice(
            Optional.empty(),
            List.of(
                new AxisFacts(
                    "only",
                    "channels",
                    1,
                    List.of(1),
                    List.of(),
                    List.of(),
                    1,
                    0,
                    Optional.empty())),
            List.of(),
            List.of(),
            Optional.empty(),
            Curve.none()),
        new Effort(
            List.of(),
            OptionalInt.of(0),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty()),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  static PruningReport.Setup setup(String device) {
    return new PruningReport.Setup(
        "fastnas",
        "3",
        device,
        42,
        "smallest largest loss of a single axis within the budget",
        Optional.of(Losses.MEASURED),
        List.of(
            Fact.of("score", "score", "loss"),
            Fact.of(
                "importance",
                "importance of channels",
                "L2 norm of the weights that read a channel"),
            Fact.of("calibrationImages", "images for calibration", 5000),
            Fact.of("scoreImages", "images for scoring", 512)));
  }

  public static MetricFacts metric(String name, String unit, double before, double after) {
    return MetricFacts.of(
        new Metric(
            name,
            unit,
            OptionalDouble.of(before),
            OptionalDouble.of(after),
            unit.equals("fraction"),
            Optional.empty(),
            unit.equals("nats") || unit.equals("fraction")
                ? OptionalLong.of(10_000)
                : OptionalLong.empty()));
  }

  private record Asked(Quantity quantity, double part) {}

  private PruningReport report(List<Asked> asked) {
    Budget budget = budget(asked);
    Selection selection = select(budget);
    Cost before = costs.cost(Widths.all());
    Cost after = selection.cost();
    return new PruningReport(
        new PruningReport.Model(
            name,
            architecture.name(),
            architecture.family(),
            Optional.of("9f2c4e0d7b1a58c36e0f4d9aa1b7c2d35e8f60419b3c7d2e1f0a9b8c7d6e5f40")),
        setup("NVIDIA H100 80GB HBM3, PyTorch 2.5.1"),
        new PruningReport.Result(
            budget.bounds().stream()
                .map(bound -> new Constraint(bound, bound.quantity().of(after)))
                .toList(),
            metrics(before, after),
            List.of(
                new LatencyFacts(
                    "original", OptionalDouble.of(7.61), OptionalDouble.of(7.84), Optional.empty()),
                new LatencyFacts(
                    "result", OptionalDouble.of(5.42), OptionalDouble.of(5.97), Optional.empty())),
            ResultLoaders.unknown()),
        new PruningReport.Choice(
            Optional.of(Profile.of(space, costs, Optional.of(budget))),
            axes(selection),
            List.of(),
            List.of(),
            Optional.of(
                new Search(
                    selection.loss(),
                    selection.lowerBound(),
                    selection.provenOptimal(),
                    selection.steps())),
            curve(asked, selection, before)),
        effort(),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private Budget budget(List<Asked> asked) {
    Cost whole = costs.cost(Widths.all());
    return new Budget(
        asked.stream()
            .map(
                one ->
                    new Budget.Bound(
                        one.quantity(),
                        Math.round(100 * one.part()) + "%",
                        (long) (one.part() * one.quantity().of(whole))))
            .toList());
  }

  private Selection select(Budget budget) {
    return Solver.select(space, costs, budget, sensitivities, Objective.SUM);
  }

  private Curve curve(List<Asked> asked, Selection selection, Cost before) {
    var points = new ArrayList<Point>();
    for (int percent = 100; percent >= 5; percent -= 5) {
      double part = percent / 100.0;
      Budget budget = budget(List.of(new Asked(asked.get(0).quantity(), part)));
      if (budget.holds(costs.cost(space.min()))) {
        Selection other = select(budget);
        points.add(new Point(other.cost(), other.largestLoss()));
      }
    }
    double lost = selection.largestLoss();
    return new Curve(
        points,
        Optional.of(new Point(selection.cost(), lost)),
        List.of(
            new Measurement("original", before, -0.2514, 0, OptionalDouble.empty()),
            new Measurement(
                "result",
                selection.cost(),
                -0.2514 - 2.2 * lost,
                2.2 * lost,
                OptionalDouble.empty())));
  }

  private List<AxisFacts> axes(Selection selection) {
    Map<String, List<Integer>> choices = new LinkedHashMap<>();
    space.axes().forEach(axis -> choices.put(axis.axis().name(), axis.widths()));
    return architecture.axes().stream()
        .map(
            axis -> {
              List<Integer> widths = choices.getOrDefault(axis.name(), List.of(axis.units()));
              double[] losses = sensitivities.losses().getOrDefault(axis.name(), new double[0]);
              return new AxisFacts(
                  axis.name(),
                  "channels",
                  axis.units(),
                  widths,
                  widths.size() > 1 ? java.util.Arrays.stream(losses).boxed().toList() : List.of(),
                  List.of(),
                  selection.widths().of(axis),
                  widths.size() - 1,
                  Optional.ofNullable(architecture.frozen().get(axis.name())));
            })
        .toList();
  }

  private static List<MetricFacts> metrics(Cost before, Cost after) {
    return List.of(
        metric("flops", "count", (double) before.flops(), (double) after.flops()),
        metric("parameters", "count", (double) before.parameters(), (double) after.parameters()),
        metric("bytes", "bytes", (double) before.bytes(), (double) after.bytes()),
        metric("accuracy", "fraction", 0.9162, 0.9047),
        metric("loss", "nats", 0.2514, 0.2893),
        metric("latencyMillis", "milliseconds", 7.84, 5.97));
  }

  private static Effort effort() {
    return new Effort(
        List.of(
            new Phase("original measured", 6.2),
            new Phase("sensitivity", 142.7),
            new Phase("search", 0.4),
            new Phase("surgery", 1.9),
            new Phase("calibration", 8.3),
            new Phase("result measured", 5.1),
            new Phase("latency", 12.6)),
        OptionalInt.of(412),
        OptionalInt.empty(),
        OptionalInt.empty(),
        OptionalDouble.of(0.463));
  }

  /** Losses that fall with the width, steeper for some axes than for others. */
  private static Sensitivities drawn(SearchSpace space, double scale) {
    var random = new Random(7);
    var losses = new LinkedHashMap<String, double[]>();
    for (SearchSpace.Choices axis : space.axes()) {
      double height = scale * Math.exp(1.3 * random.nextGaussian() - 1);
      double steepness = 1.5 + 3 * random.nextDouble();
      double[] values = new double[axis.widths().size()];
      for (int i = 0; i < values.length - 1; i++) {
        double cut = 1 - (double) axis.widths().get(i) / axis.axis().units();
        double loss = height * Math.pow(cut, steepness);
        values[i] = loss < scale * 1e-4 ? 0 : loss;
      }
      losses.put(axis.axis().name(), values);
    }
    return new Sensitivities(losses);
  }

  private static Architecture resnet(String config) {
    try {
      return ResnetArchitecture.of(
          new ObjectMapper().readTree(config.replace('\'', '"')), Map.of());
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + config, e);
    }
  }
}
