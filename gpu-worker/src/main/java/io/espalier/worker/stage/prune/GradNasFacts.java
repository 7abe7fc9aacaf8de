package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.UnitRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** Facts of a pruning by GradNAS. */
record GradNasFacts(
    GradNasSpec spec, GradNasPlan plan, GradNasPruning.Result pruned, List<DataFacts> data)
    implements WidthSearchFacts {
  @Override
  public PruningReport.Model model() {
    MaskableModel model = plan.model();
    return AlgorithmFacts.told(model.architecture(), model.family(), model.directory());
  }

  @Override
  public SearchSpace space() {
    return plan.space();
  }

  @Override
  public String objective() {
    return spec.objective().key();
  }

  @Override
  public Optional<Losses> losses() {
    return Optional.of(Losses.SUMMED);
  }

  @Override
  public List<Fact> facts() {
    int batches = pruned.scores().batches();
    var facts = new ArrayList<Fact>();
    facts.add(
        Fact.of("score", "score of a unit", "squared gradient of the loss, summed over batches"));
    facts.addAll(SettingFacts.of(spec.said()));
    facts.addAll(
        List.of(
            Fact.of("output", "form of output", plan.output().key()),
            Fact.of("batches", "batches for gradients", batches),
            Fact.of(samples(), samples() + " for gradients", pruned.samples()),
            Fact.of("samples", "samples before and after", pruned.outcome().samples())));
    plan.model()
        .sequenceLength()
        .ifPresent(
            tokens -> facts.add(Fact.of("tokens", "tokens of the longest sequence", tokens)));
    return facts;
  }

  private String samples() {
    return plan.model().sequenceLength().isPresent() ? "sequences" : "images";
  }

  @Override
  public PruningOutcome<Solved> outcome() {
    return pruned.outcome();
  }

  @Override
  public String kind(Axis axis) {
    return axis.kind() == AxisKind.HEADS || axis.kind() == AxisKind.NEURONS
        ? axis.kind().key()
        : GIVEN;
  }

  @Override
  public List<Double> losses(Axis axis) {
    double[] losses = pruned.losses().losses().getOrDefault(axis.name(), new double[0]);
    return Arrays.stream(losses).boxed().toList();
  }

  @Override
  public List<Units> units() {
    Architecture architecture = plan.model().architecture();
    List<Block> blocks = Block.of(architecture);
    Map<String, double[]> scores = spec.normalisation().apply(pruned.scores().byAxis(), blocks);
    return List.of(
        new Units(AxisKind.HEADS.key(), false, rows(AxisKind.HEADS, scores)),
        new Units(AxisKind.NEURONS.key(), true, rows(AxisKind.NEURONS, scores)));
  }

  private List<UnitRow> rows(AxisKind kind, Map<String, double[]> scores) {
    return plan.model().architecture().axes().stream()
        .filter(axis -> axis.kind() == kind && scores.containsKey(axis.name()))
        .map(axis -> row(axis, Objects.requireNonNull(scores.get(axis.name()))))
        .toList();
  }

  private UnitRow row(Axis axis, double[] scores) {
    int[] kept =
        pruned
            .outcome()
            .kept()
            .of(axis)
            .orElseGet(() -> IntStream.range(0, scores.length).toArray());
    return axis.kind() == AxisKind.NEURONS
        ? UnitRow.ranked(axis.name(), scores, kept)
        : UnitRow.each(axis.name(), scores, kept);
  }

  @Override
  public Optional<Reconstruction> reconstruction() {
    return pruned.reconstruction();
  }
}
