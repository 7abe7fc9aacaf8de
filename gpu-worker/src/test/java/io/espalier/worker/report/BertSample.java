package io.espalier.worker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.Families;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Point;
import io.espalier.worker.report.facts.PruningReport.Search;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.UnitRow;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/** A BERT cut to half its operations that never was: network and search are real, scores drawn. */
public final class BertSample {
  private static final String CONFIG =
      """
      {"model_type": "bert", "architectures": ["BertForQuestionAnswering"], "vocab_size": 30522,
       "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
       "intermediate_size": 3072, "max_position_embeddings": 512, "type_vocab_size": 2}
      """;

  private final Architecture architecture = architecture();
  private final SearchSpace space =
      SearchSpace.of(architecture, ChoiceRule.everyTwentieth(ChoiceRule.DEFAULT_DIVISOR));
  private final CostModel costs = CostModel.of(architecture);
  private final Map<String, double[]> scores = drawn();

  public static PruningReport report() {
    return new BertSample().made();
  }

  private PruningReport made() {
    var bound = new Budget.Bound(Quantity.FLOPS, "50%", costs.cost(Widths.all()).flops() / 2);
    var losses = new LinkedHashMap<String, double[]>();
    space.configurable().forEach(axis -> losses.put(axis.axis().name(), losses(axis)));
    Selection selection =
        Solver.select(
            space, costs, new Budget(List.of(bound)), new Sensitivities(losses), Objective.SUM);
    return new PruningReport(
        new PruningReport.Model("bert", "bert", "bert", Optional.of("ab12")),
        new PruningReport.Setup(
            "gradnas",
            "1",
            "cpu",
            7,
            "sum",
            Optional.of(Losses.SUMMED),
            List.of(Fact.of("batches", "batches", 128))),
        new PruningReport.Result(
            List.of(new Constraint(bound, selection.cost().flops())),
            List.of(
                Samples.metric(
                    "flops",
                    "count",
                    (double) costs.cost(Widths.all()).flops(),
                    (double) selection.cost().flops()),
                Samples.metric("f1", "fraction", 0.8812, 0.8123)),
            List.of(),
            ResultLoaders.unknown()),
        new PruningReport.Choice(
            Optional.of(Profile.of(space, costs, Optional.of(new Budget(List.of(bound))))),
            axes(selection, losses),
            List.of(units("heads", false, selection), units("neurons", true, selection)),
            List.of(),
            Optional.of(
                new Search(
                    selection.loss(),
                    selection.lowerBound(),
                    selection.provenOptimal(),
                    selection.steps())),
            new Curve(
                List.of(
                    new Point(costs.cost(space.min()), 20),
                    new Point(selection.cost(), selection.loss()),
                    new Point(costs.cost(Widths.all()), 0)),
                Optional.of(new Point(selection.cost(), selection.loss())),
                List.of())),
        new Effort(
            List.of(new Phase("original", 31), new Phase("gradients", 212), new Phase("search", 2)),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty()),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private List<AxisFacts> axes(Selection selection, Map<String, double[]> losses) {
    Map<String, List<Integer>> choices = new LinkedHashMap<>();
    space.axes().forEach(axis -> choices.put(axis.axis().name(), axis.widths()));
    return architecture.axes().stream()
        .map(
            axis ->
                new AxisFacts(
                    axis.name(),
                    kind(axis.name()),
                    axis.units(),
                    choices.getOrDefault(axis.name(), List.of(axis.units())),
                    Arrays.stream(losses.getOrDefault(axis.name(), new double[0])).boxed().toList(),
                    List.of(),
                    selection.widths().of(axis),
                    0,
                    space.reason(axis)))
        .toList();
  }

  private Units units(String kind, boolean ranked, Selection selection) {
    List<UnitRow> rows =
        architecture.prunableAxes().stream()
            .filter(axis -> kind(axis.name()).equals(kind))
            .map(axis -> row(axis, ranked, selection))
            .toList();
    return new Units(kind, ranked, rows);
  }

  private UnitRow row(Axis axis, boolean ranked, Selection selection) {
    double[] all = scores.get(axis.name());
    int[] kept =
        IntStream.range(0, all.length)
            .boxed()
            .sorted(Comparator.comparing(unit -> -all[unit]))
            .limit(selection.widths().of(axis))
            .mapToInt(unit -> unit)
            .sorted()
            .toArray();
    return ranked ? UnitRow.ranked(axis.name(), all, kept) : UnitRow.each(axis.name(), all, kept);
  }

  private double[] losses(SearchSpace.Choices choices) {
    double[] ascending = scores.get(choices.axis().name()).clone();
    Arrays.sort(ascending);
    return choices.widths().stream()
        .mapToDouble(width -> Arrays.stream(ascending).limit(ascending.length - width).sum())
        .toArray();
  }

  /** Scores that share 1 in each axis. */
  private Map<String, double[]> drawn() {
    var random = new Random(5);
    var drawn = new LinkedHashMap<String, double[]>();
    for (Axis axis : architecture.prunableAxes()) {
      double[] values =
          random.doubles(axis.units()).map(value -> Math.exp(4 * value * value)).toArray();
      double sum = Arrays.stream(values).sum();
      drawn.put(axis.name(), Arrays.stream(values).map(value -> value / sum).toArray());
    }
    return drawn;
  }

  private static String kind(String axis) {
    return axis.endsWith(".heads") ? "heads" : axis.endsWith(".neurons") ? "neurons" : "others";
  }

  private static Architecture architecture() {
    try {
      JsonNode config = new ObjectMapper().readTree(CONFIG);
      return Families.text(config).network(config).architecture(Map.of(), 128);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not JSON: " + CONFIG, e);
    }
  }
}
