package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.space.PerLayerSpace;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.UnitRow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** Facts of a pruning by Minitron. */
record MinitronFacts(MinitronSpec spec, MinitronPruning.Result pruned, List<DataFacts> data)
    implements AlgorithmFacts {
  private MinitronPlan plan() {
    return pruned.plan();
  }

  @Override
  public PruningReport.Model model() {
    MaskableModel model = plan().blueprint().model();
    return AlgorithmFacts.told(model.architecture(), model.family(), model.directory());
  }

  @Override
  public SearchSpace space() {
    return plan().options().space();
  }

  @Override
  public String objective() {
    return perLayer().isPresent() ? Objective.SUM.key() : spec.scoreName();
  }

  /** Of whole models that were compared no axis was looked at by itself. */
  @Override
  public Optional<Losses> losses() {
    return perLayer().map(any -> Losses.SUMMED);
  }

  private Optional<PerLayerSpace> perLayer() {
    return plan().options() instanceof PerLayerSpace options
        ? Optional.of(options)
        : Optional.empty();
  }

  @Override
  public List<Fact> facts() {
    var facts = new ArrayList<>(SettingFacts.of(spec.said()));
    facts.addAll(
        List.of(
            Fact.of("batches", "batches that units were heard on", pruned.batches()),
            Fact.of("samples", samples() + " before and after", pruned.outcome().samples())));
    length().ifPresent(tokens -> facts.add(Fact.of("tokens", "tokens of a sequence", tokens)));
    pruned.stream().ifPresent(stream -> facts.add(Fact.of("stream", "stream", stream.words())));
    return facts;
  }

  private OptionalInt length() {
    return plan().blueprint().model().sequenceLength();
  }

  private String samples() {
    return length().isPresent() ? "tokens" : "images";
  }

  /** Those of tensors, and the one that counts the layers. */
  @Override
  public List<Axis> axes() {
    return List.copyOf(plan().blueprint().architecture().choices().values());
  }

  @Override
  public int width(Axis axis) {
    return kept(axis).length;
  }

  /** The units of an axis that stay; none if its layer goes. */
  private int[] kept(Axis axis) {
    Kept kept = pruned.outcome().kept();
    for (Stack stack : plan().blueprint().architecture().stacks()) {
      OptionalInt module = stack.unit(axis.name());
      if (module.isPresent() && !stays(kept, stack.axis(), module.getAsInt())) {
        return new int[0];
      }
    }
    return kept.of(axis).orElseGet(() -> IntStream.range(0, axis.units()).toArray());
  }

  private static boolean stays(Kept kept, Axis axis, int unit) {
    return kept.of(axis).map(units -> Arrays.binarySearch(units, unit) >= 0).orElse(true);
  }

  private Axis layerAxis() {
    return plan().blueprint().architecture().stacks().get(0).axis();
  }

  @Override
  public List<Double> losses(Axis axis) {
    return pruned
        .losses()
        .map(losses -> losses.losses().get(axis.name()))
        .map(losses -> Arrays.stream(losses).boxed().toList())
        .orElse(List.of());
  }

  @Override
  public List<Units> units() {
    ActivationScores activity = pruned.activity();
    NetworkBlueprint blueprint = plan().blueprint();
    var units = new ArrayList<Units>();
    if (perLayer().isEmpty()) {
      units.add(
          new Units(kind(layerAxis()), false, List.of(each(layerAxis(), activity.distances()))));
      units.add(
          new Units(
              kind(blueprint.hidden()),
              true,
              List.of(ranked(blueprint.hidden(), activity.hidden()))));
      if (!blueprint.groups(0).equals(blueprint.heads(0))) {
        units.add(new Units("groups", false, inLayers(this::groups)));
      }
    }
    units.add(new Units("heads", false, inLayers(this::heads)));
    List<Integer> sparse = blueprint.sparseLayers();
    units.add(
        new Units("neurons", true, inLayers(layer -> !sparse.contains(layer), this::neurons)));
    units.add(new Units("experts", false, inLayers(sparse::contains, this::experts)));
    IntPredicate shared = layer -> blueprint.sharedNeurons(layer).isPresent();
    units.add(new Units("neurons of shared experts", true, inLayers(shared, this::sharedNeurons)));
    units.removeIf(each -> each.rows().isEmpty());
    return units;
  }

  private List<UnitRow> inLayers(IntFunction<UnitRow> row) {
    return inLayers(any -> true, row);
  }

  private List<UnitRow> inLayers(IntPredicate which, IntFunction<UnitRow> row) {
    return IntStream.range(0, plan().blueprint().blocks().size())
        .filter(which)
        .mapToObj(row)
        .toList();
  }

  /** Neurons of experts are told nowhere: there may be many thousands of them in each layer. */
  private UnitRow experts(int layer) {
    return each(plan().blueprint().expertAxis(layer), pruned.activity().experts(layer));
  }

  private UnitRow sharedNeurons(int layer) {
    return ranked(
        plan().blueprint().sharedNeurons(layer).orElseThrow(),
        pruned.activity().sharedNeurons(layer));
  }

  private UnitRow groups(int layer) {
    Axis groups = plan().blueprint().groups(layer);
    return each(groups, pruned.activity().groups(layer, groups.units()));
  }

  private UnitRow heads(int layer) {
    return each(plan().blueprint().heads(layer), compared(pruned.activity().heads(layer)));
  }

  private UnitRow neurons(int layer) {
    return ranked(plan().blueprint().neurons(layer), compared(pruned.activity().neurons(layer)));
  }

  /** Scores as units of different layers are compared by them. */
  private double[] compared(double[] scores) {
    return perLayer().isPresent() ? PerLayerSpace.shares(scores) : scores;
  }

  private UnitRow each(Axis axis, double[] scores) {
    return UnitRow.each(axis.name(), scores, kept(axis));
  }

  private UnitRow ranked(Axis axis, double[] scores) {
    return UnitRow.ranked(axis.name(), scores, kept(axis));
  }

  @Override
  public OptionalInt modelsScored() {
    return pruned.outcome().decision() instanceof Compared compared
        ? OptionalInt.of(
            (int) compared.candidates().stream().filter(each -> each.score().isPresent()).count())
        : OptionalInt.empty();
  }

  @Override
  public Optional<Reconstruction> reconstruction() {
    return pruned.reconstruction();
  }
}
