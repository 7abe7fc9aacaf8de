package io.espalier.worker.stage.prune;

import io.espalier.fact.CandidateFact;
import io.espalier.schemas.stage.FastNasKeys;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.fastnas.FastNasPruning;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.PruningSummary;
import io.espalier.worker.stage.ResultFiles;
import io.espalier.worker.stage.TimmShapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Files of a pruning beside the weights: its report, config.json, espalier.json.
 *
 * @param images that it was scored and judged by
 */
record FastNasResult(
    StageJob job,
    FastNasSpec spec,
    FastNasPlan plan,
    FastNasPruning.Result pruned,
    PruningImages images)
    implements PruningResult {
  private static final String AFTER_LEARNING = "lossAfterLearning";
  private static final String NOTE_ON_OTHERS =
      "timm.create_model, torchvision and transformers build every block of a stage equally wide,"
          + " so they do not load this model; a network built with the widths in config.json"
          + " (espalier.widths) loads its state dict as it is";

  /**
   * Names of the measures that say how good a model is.
   *
   * @param labelled whether the images that it is judged by have classes
   */
  static List<String> measureNames(FastNasSpec spec, boolean labelled) {
    var names = new ArrayList<>(ImageMetrics.names(labelled));
    if (spec.reconstruct() != ReconstructionMode.OFF) {
      names.add(Measure.asCut(names.get(0)));
    }
    return names;
  }

  @Override
  public ModelDirectory original() {
    return plan.model();
  }

  @Override
  public Architecture made() {
    return plan.architecture().keep(kept());
  }

  @Override
  public PruningOutcome<Solved> outcome() {
    return pruned.outcome();
  }

  @Override
  public String dataDigest() {
    return images.fingerprint();
  }

  @Override
  public AlgorithmFacts facts() {
    return new FastNasFacts(job, spec, plan, pruned, images);
  }

  @Override
  public StageReport report() {
    var settings = PruningSummary.used(spec.said());
    settings.put("seed", Long.toString(job.seed()));
    settings.put("evaluations", Integer.toString(pruned.sensitivity().evaluations()));
    tell(settings);
    pruned.reconstruction().map(ReconstructionTexts::settings).ifPresent(settings::putAll);
    settings.putAll(images.judge().reading().facts());
    settings.put(StageReport.OPENING, opening().lines());
    StageReport.warn(settings, images.judge().reading().warnings());
    return new PruningSummary(
            pruned.outcome(),
            PruningSummary.prunable(plan.architecture(), kept()),
            settings,
            images.uri(),
            OptionalInt.empty())
        .report(FastNasKeys.FASTNAS, FastNas.VERSION, loadsIn(), candidates());
  }

  private List<CandidateFact> candidates() {
    Widths chosen = outcome().decision().selection().widths();
    return pruned.tried().stream()
        .map(
            tried ->
                new CandidateFact(
                    tried.selection().widths().units(),
                    List.of(),
                    Map.of(
                        Quantity.FLOPS.key(), Quantity.FLOPS.of(tried.selection().cost()),
                        Quantity.PARAMETERS.key(),
                            Quantity.PARAMETERS.of(tried.selection().cost())),
                    Optional.of(new CandidateFact.Score(AFTER_LEARNING, tried.loss())),
                    tried.selection().widths().equals(chosen)))
        .toList();
  }

  private void tell(Map<String, String> settings) {
    List<CandidateFact> candidates = candidates();
    for (int i = 0; i < candidates.size(); i++) {
      CandidateFact each = candidates.get(i);
      String key = "candidate." + (i + 1);
      settings.put(key + ".widths", each.sizes().toString());
      settings.put(
          key + ".flops", Objects.requireNonNull(each.cost().get(Quantity.FLOPS.key())).toString());
      settings.put(key + "." + AFTER_LEARNING, Double.toString(each.score().orElseThrow().value()));
      if (each.chosen()) {
        settings.put("candidate.chosen", Integer.toString(i + 1));
      }
    }
  }

  private List<String> loadsIn() {
    return plan.family().loadsIn(plan.model().config());
  }

  @Override
  public void writeOthers(ResultFiles files, StageReport report) {
    if (report.loadsIn().contains(TimmShapes.LOADER)) {
      files.write(TimmShapes.FILE, TimmShapes.line(made().shapes()));
    }
  }

  @Override
  public Opening opening() {
    if (!loadsIn().contains(TimmShapes.LOADER)) {
      return Opening.ofEspalier(NOTE_ON_OTHERS);
    }
    List<Layer> layers = plan.architecture().layers();
    int classes = layers.get(layers.size() - 1).out().size();
    return Opening.ofTimm(
        TimmShapes.note(
            plan.model().config(), classes, plan.input().channels(), plan.model().sharded()));
  }

  private Kept kept() {
    return pruned.outcome().kept();
  }
}
