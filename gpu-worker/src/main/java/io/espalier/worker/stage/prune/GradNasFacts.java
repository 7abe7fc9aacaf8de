package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.model.family.MaskableNetwork.Block;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.UnitRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What GradNAS tells of its pruning. */
record GradNasFacts(
    GradNasSpec spec, GradNasPlan plan, GradNasPruning.Result pruned, List<DataFacts> data)
    implements AlgorithmFacts {
  private static final String HEADS = "heads";
  private static final String NEURONS = "neurons";

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
  public List<Axis> axes() {
    return plan.space().architecture().axes();
  }

  @Override
  public int width(Axis axis) {
    return pruned.outcome().decision().selection().widths().of(axis);
  }

  @Override
  public String kind(Axis axis) {
    return axis.name().endsWith(HEADS)
        ? HEADS
        : axis.name().endsWith(NEURONS) ? NEURONS : "given by the rest of the model";
  }

  @Override
  public List<Double> losses(Axis axis) {
    double[] losses = pruned.losses().losses().getOrDefault(axis.name(), new double[0]);
    return Arrays.stream(losses).boxed().toList();
  }

  @Override
  public int modelsScored(Axis axis) {
    return 0;
  }

  @Override
  public List<Units> units() {
    Architecture architecture = plan.model().architecture();
    List<Block> blocks = Block.of(architecture);
    Map<String, double[]> scores = spec.normalisation().apply(pruned.scores().byAxis(), blocks);
    return List.of(
        new Units(HEADS, false, rows(blocks, Block::heads, scores)),
        new Units(NEURONS, true, rows(blocks, Block::neurons, scores)));
  }

  private List<UnitRow> rows(
      List<Block> blocks, Function<Block, String> kind, Map<String, double[]> scores) {
    Set<String> axes = blocks.stream().map(kind).collect(Collectors.toSet());
    return scores.entrySet().stream()
        .filter(axis -> axes.contains(axis.getKey()))
        .map(axis -> row(axis.getKey(), axis.getValue()))
        .toList();
  }

  private UnitRow row(String axis, double[] scores) {
    int[] kept =
        pruned
            .outcome()
            .kept()
            .of(new Axis(axis, scores.length))
            .orElseGet(() -> IntStream.range(0, scores.length).toArray());
    return axis.endsWith(NEURONS)
        ? UnitRow.ranked(axis, scores, kept)
        : UnitRow.each(axis, scores, kept);
  }

  @Override
  public Optional<Reconstruction> reconstruction() {
    return pruned.reconstruction();
  }

  /** Losses of models are in other units than sums of scores. */
  @Override
  public List<Measurement> measured() {
    return List.of();
  }

  @Override
  public OptionalInt modelsScored() {
    return OptionalInt.empty();
  }

  @Override
  public List<Cost> costs(Axis axis) {
    return List.of();
  }

  @Override
  public OptionalInt modelsSkipped() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalInt modelsRemembered() {
    return OptionalInt.empty();
  }

  @Override
  public OptionalDouble reused() {
    return OptionalDouble.empty();
  }
}
