package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.fastnas.FastNasPruning;
import io.espalier.worker.algorithm.fastnas.FastNasSettings;
import io.espalier.worker.algorithm.fastnas.SensitivityMap;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Facts of a pruning by FastNAS.
 *
 * @param images that it was scored and judged by
 */
record FastNasFacts(
    StageJob job,
    FastNasSpec spec,
    FastNasPlan plan,
    FastNasPruning.Result pruned,
    PruningImages images)
    implements WidthSearchFacts {

  @Override
  public PruningReport.Model model() {
    return AlgorithmFacts.told(plan.architecture(), plan.family(), plan.model());
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
    return Optional.of(Losses.MEASURED);
  }

  @Override
  public List<Fact> facts() {
    ImageDataset search = images.search();
    int scored = Math.min(search.size(), spec.settings(job.seed()).scoreImages());
    var facts = new ArrayList<Fact>();
    search.reading().facts().forEach((key, text) -> facts.add(Fact.of(key, key, text)));
    facts.addAll(SettingFacts.of(spec.said()));
    facts.addAll(
        List.of(
            Fact.of("calibrationImages", "images for calibration", pruned.calibrationImages()),
            Fact.of("scoreImages", "images for scoring", scored)));
    return facts;
  }

  @Override
  public PruningOutcome<Solved> outcome() {
    return pruned.outcome();
  }

  @Override
  public String kind(Axis axis) {
    return AxisKind.CHANNELS.key(); // of images, and classes, too
  }

  @Override
  public List<Double> losses(Axis axis) {
    return entry(axis).map(SensitivityMap.Entry::losses).orElse(List.of());
  }

  @Override
  public List<Cost> costs(Axis axis) {
    return entry(axis)
        .map(
            entry ->
                entry.widths().stream()
                    .map(width -> plan.costs().cost(new Widths(Map.of(axis.name(), width))))
                    .toList())
        .orElse(List.of());
  }

  @Override
  public int modelsScored(Axis axis) {
    return entry(axis).map(SensitivityMap.Entry::evaluations).orElse(0);
  }

  @Override
  public List<DataFacts> data() {
    return images.facts();
  }

  private Optional<SensitivityMap.Entry> entry(Axis axis) {
    return Optional.ofNullable(pruned.sensitivity().axes().get(axis.name()));
  }

  @Override
  public Optional<Reconstruction> reconstruction() {
    return pruned.reconstruction();
  }

  @Override
  public List<PruningReport.Units> units() {
    return List.of();
  }

  @Override
  public List<Measurement> measured() {
    MeasuredModel before = pruned.outcome().before();
    double original = score(before);
    return Double.isFinite(original)
        ? List.of(
            measurement("original", before, original),
            measurement("result", pruned.outcome().after(), original))
        : List.of();
  }

  private Measurement measurement(String name, MeasuredModel measured, double original) {
    double score = score(measured);
    double accuracy = measured.value("accuracy");
    boolean beside = spec.score() != FastNasSettings.Score.ACCURACY && Double.isFinite(accuracy);
    return new Measurement(
        name,
        measured.cost(),
        score,
        original - score,
        beside ? OptionalDouble.of(accuracy) : OptionalDouble.empty());
  }

  /** The score that the search went by, on the data of before and after. */
  private double score(MeasuredModel measured) {
    return switch (spec.score()) {
      case ACCURACY -> measured.value("accuracy");
      case LOSS -> -measured.value("loss");
      case AGREEMENT -> Double.NaN; // measured on the images of the search only
    };
  }

  @Override
  public OptionalInt modelsScored() {
    return OptionalInt.of(pruned.sensitivity().evaluations());
  }

  @Override
  public OptionalInt modelsSkipped() {
    int all =
        pruned.sensitivity().axes().values().stream()
            .mapToInt(entry -> entry.widths().size() - 1)
            .sum();
    return OptionalInt.of(1 + all - pruned.sensitivity().evaluations());
  }

  @Override
  public OptionalInt modelsRemembered() {
    return OptionalInt.of(pruned.remembered());
  }

  @Override
  public OptionalDouble reused() {
    SensitivityMap map = pruned.sensitivity();
    return OptionalDouble.of(Math.max(0, 1 - map.passes() / map.evaluations()));
  }
}
