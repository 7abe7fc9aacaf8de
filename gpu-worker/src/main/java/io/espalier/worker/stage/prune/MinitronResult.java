package io.espalier.worker.stage.prune;

import io.espalier.fact.CandidateFact;
import io.espalier.schemas.stage.MinitronKeys;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.prune.ScoredCandidate;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.PruningSummary;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Files of a pruning by Minitron beside weights and config.json: its report, espalier.json.
 *
 * @param data that it was scored and judged by
 */
record MinitronResult(
    StageJob job, MinitronSpec spec, MinitronPruning.Result pruned, PruningData data)
    implements PruningResult {
  /** Names of the metrics that a pruning of a decoder reports. */
  static Set<String> metricNames(DecoderBlueprint blueprint, MinitronSpec spec, long seed) {
    TextInput input = blueprint.network().input();
    boolean timed = blueprint.fits(spec.listening(seed).stateBytes());
    return metricNames(spec, true, TextMetrics.names(input), TextMetrics.headline(input), timed);
  }

  /**
   * Names of the metrics that a pruning of a transformer for images reports.
   *
   * @param labelled whether images have classes
   */
  static Set<String> metricNames(MinitronSpec spec, boolean labelled) {
    List<String> names = ImageMetrics.names(labelled);
    return metricNames(spec, false, names, names.get(0), true);
  }

  private static Set<String> metricNames(
      MinitronSpec spec, boolean perToken, List<String> names, String headline, boolean timed) {
    List<String> measured = new ArrayList<>(names);
    if (spec.reconstruct() != ReconstructionMode.OFF) {
      measured.add(Measure.asCut(headline));
    }
    return new PruningSummary.Reported(perToken, spec.goal().cache().isPresent(), measured, timed)
        .names();
  }

  @Override
  public ModelDirectory original() {
    return given().directory();
  }

  @Override
  public Architecture made() {
    return pruned.model().architecture();
  }

  @Override
  public PruningOutcome<?> outcome() {
    return pruned.outcome();
  }

  @Override
  public String dataDigest() {
    return data.fingerprint();
  }

  @Override
  public AlgorithmFacts facts() {
    return new MinitronFacts(spec, pruned, data.facts());
  }

  @Override
  public StageReport report() {
    MaskableModel original = given();
    List<PruningSummary.Width> widths = widths(original, pruned.outcome().kept());
    return new PruningSummary(
            pruned.outcome(), widths, settings(), data.uri(), original.tokensOneByOne())
        .report(MinitronKeys.MINITRON, ActivationMeasurement.VERSION, loadsIn(), candidates());
  }

  /** The widths that are smaller now. */
  private List<PruningSummary.Width> widths(MaskableModel original, Kept kept) {
    return original.architecture().choices().values().stream()
        .filter(axis -> kept.width(axis) < axis.units())
        .map(axis -> new PruningSummary.Width(told(axis), kept.width(axis)))
        .distinct()
        .toList();
  }

  /** An axis as it is told: experts of a layer are equally wide, so one stands for all. */
  private Axis told(Axis axis) {
    for (Stack stack : given().architecture().stacks()) {
      OptionalInt expert =
          stack.shared().isPresent() ? stack.unit(axis.name()) : OptionalInt.empty();
      if (expert.isPresent()) {
        return Axis.of(axis.kind(), stack.prefix() + "*", axis.units());
      }
    }
    return axis;
  }

  private MaskableModel given() {
    return pruned.plan().blueprint().model();
  }

  private List<String> loadsIn() {
    return pruned.model().family().loadsIn(pruned.model().directory().config());
  }

  @Override
  public Opening opening() {
    return Opening.of(note(), loadsIn(), pruned.model());
  }

  private String note() {
    return pruned
        .misfit()
        .map(why -> "some loaders of the family refuse it: " + why)
        .orElse("all layers of a kind are alike, so any loader of the family opens it");
  }

  private Map<String, String> settings() {
    var settings = new LinkedHashMap<String, String>();
    if (pruned.outcome().decision() instanceof Compared compared) {
      tell(compared, settings);
    }
    settings.putAll(PruningSummary.used(spec.said()));
    pruned.stream().ifPresent(stream -> settings.putAll(stream.settings()));
    settings.put("seed", Long.toString(job.seed()));
    settings.put("batches", Integer.toString(pruned.batches()));
    given().sequenceLength().ifPresent(tokens -> settings.put("tokens", Integer.toString(tokens)));
    pruned.reconstruction().ifPresent(done -> reconstruction(done, settings));
    settings.putAll(data.reading());
    settings.put(StageReport.OPENING, opening().lines());
    given().carried().ifPresent(kept -> settings.put(StageReport.NOT_COUNTED, kept));
    StageReport.warn(
        settings, Stream.of(given().warnings(), data.warnings()).flatMap(List::stream).toList());
    return settings;
  }

  private void reconstruction(Reconstruction done, Map<String, String> settings) {
    settings.putAll(ReconstructionTexts.settings(done));
    NetworkBlueprint blueprint = pruned.plan().blueprint();
    boolean narrower =
        pruned.outcome().kept().width(blueprint.hidden()) < blueprint.hidden().units();
    if (narrower && pruned.stream().isEmpty()) { // a rotated stream has scores of its own
      blueprint
          .tiedScores()
          .ifPresent(
              weight ->
                  settings.put(
                      "reconstruction." + weight,
                      "as it was cut, since scores are read off the embedding"));
    }
  }

  private List<CandidateFact> candidates() {
    if (!(pruned.outcome().decision() instanceof Compared compared)) {
      return List.of();
    }
    return IntStream.range(0, compared.candidates().size())
        .mapToObj(i -> candidate(compared.candidates().get(i), i == compared.chosen()))
        .toList();
  }

  private CandidateFact candidate(ScoredCandidate scored, boolean chosen) {
    var cost = new LinkedHashMap<String, Long>();
    for (Quantity quantity : Quantity.knownIn(scored.cost())) {
      if (quantity != Quantity.LATENCY) { // times are not the same each time
        cost.put(quantity.key(), quantity.of(scored.cost()));
      }
    }
    return new CandidateFact(
        scored.sizes(),
        scored.layers(),
        cost,
        scored.score().stream()
            .mapToObj(score -> new CandidateFact.Score(spec.scoreName(), score))
            .findFirst(),
        chosen);
  }

  private void tell(Compared compared, Map<String, String> settings) {
    List<CandidateFact> facts = candidates();
    for (int i = 0; i < facts.size(); i++) {
      String key = "candidate." + (i + 1);
      CandidateFact fact = facts.get(i);
      settings.put(key + ".sizes", compared.candidates().get(i).name());
      settings.put(key + ".layers", fact.layers().toString());
      fact.cost().forEach((name, cost) -> settings.put(key + "." + name, Long.toString(cost)));
      fact.score()
          .ifPresent(
              score -> settings.put(key + "." + score.metric(), Double.toString(score.value())));
    }
    settings.put("candidate.chosen", Integer.toString(compared.chosen() + 1));
  }
}
