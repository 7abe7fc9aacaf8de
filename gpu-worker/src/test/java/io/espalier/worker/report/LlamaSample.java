package io.espalier.worker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.Families;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import io.espalier.worker.report.facts.PruningReport.Constraint;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.UnitRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;

/** A Llama of 16 layers whose cut versions were compared, of which one without two layers won. */
public final class LlamaSample {
  private static final String CONFIG =
      """
      {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 128256,
       "hidden_size": 2048, "intermediate_size": 8192, "num_hidden_layers": 16,
       "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 64,
       "max_position_embeddings": 131072, "rms_norm_eps": 1e-5, "tie_word_embeddings": true}
      """;
  private static final List<Integer> GONE = List.of(11, 13);
  private static final int NEURONS = 6144;

  private final Architecture architecture = architecture();
  private final Random random = new Random(5);

  public static PruningReport report() {
    return new LlamaSample().made();
  }

  private PruningReport made() {
    Cost whole = CostModel.of(architecture).cost(Widths.all());
    Cost cut = new Cost(whole.flops() * 7 / 10, whole.parameters() * 7 / 10, whole.bytes() / 2);
    var bound = new Budget.Bound(Quantity.PARAMETERS, "75%", whole.parameters() * 3 / 4);
    return new PruningReport(
        new PruningReport.Model("llama", "llama", "llama", Optional.of("ab12")),
        new PruningReport.Setup(
            "minitron",
            "1",
            "cpu",
            7,
            "loss",
            Optional.empty(),
            List.of(Fact.of("batches", "batches that units were heard on", 128))),
        new PruningReport.Result(
            List.of(new Constraint(bound, cut.parameters())),
            List.of(
                Samples.metric(
                    "parameters", "count", (double) whole.parameters(), (double) cut.parameters()),
                Samples.metric("loss", "nats", 2.41, 3.07)),
            List.of(
                new LatencyFacts(
                    "result", OptionalDouble.of(31), OptionalDouble.of(33), Optional.empty())),
            ResultLoaders.unknown()),
        new PruningReport.Choice(
            Optional.empty(),
            axes(),
            List.of(
                new Units("layers", false, List.of(row(new Axis("layers", 16), false))),
                units("heads", false),
                units("neurons", true)),
            List.of(
                candidate(
                    "hidden 2048, neurons 6144, heads 32, groups 8, layers 14", cut, 3.07, true),
                candidate(
                    "hidden 1792, neurons 7168, heads 32, groups 8, layers 14", cut, 3.4, false)),
            Optional.empty(),
            Curve.none()),
        new Effort(
            List.of(new Phase("activations", 310), new Phase("search", 702)),
            OptionalInt.of(2),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.empty()),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  private static CandidateFacts candidate(String sizes, Cost cost, double score, boolean chosen) {
    List<Integer> layers =
        IntStream.range(0, 16).filter(layer -> !GONE.contains(layer)).boxed().toList();
    return new CandidateFacts(sizes, layers, cost, OptionalDouble.of(score), chosen);
  }

  private List<AxisFacts> axes() {
    var axes = new ArrayList<AxisFacts>();
    for (Axis axis : architecture.choices().values()) {
      int width = width(axis);
      axes.add(
          new AxisFacts(
              axis.name(),
              kind(axis),
              axis.units(),
              width < axis.units() && width > 0
                  ? List.of(width, axis.units())
                  : List.of(axis.units()),
              List.of(),
              List.of(),
              width,
              0,
              Optional.empty()));
    }
    return axes;
  }

  private static String kind(Axis axis) {
    return axis.name().substring(axis.name().lastIndexOf('.') + 1);
  }

  private static int width(Axis axis) {
    if (GONE.stream().anyMatch(layer -> axis.name().contains("layers." + layer + "."))) {
      return 0;
    }
    return switch (kind(axis)) {
      case "neurons" -> NEURONS;
      case "layers" -> axis.units() - GONE.size();
      default -> axis.units();
    };
  }

  private Units units(String kind, boolean ranked) {
    return new Units(
        kind,
        ranked,
        architecture.axes().stream()
            .filter(axis -> kind(axis).equals(kind))
            .map(axis -> row(axis, ranked))
            .toList());
  }

  private UnitRow row(Axis axis, boolean ranked) {
    double[] scores = random.doubles(axis.units()).map(value -> Math.exp(3 * value)).toArray();
    int[] kept =
        axis.name().equals("layers")
            ? IntStream.range(0, 16).filter(layer -> !GONE.contains(layer)).toArray()
            : IntStream.range(0, width(axis)).toArray();
    return ranked
        ? UnitRow.ranked(axis.name(), scores, kept)
        : UnitRow.each(axis.name(), scores, kept);
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
