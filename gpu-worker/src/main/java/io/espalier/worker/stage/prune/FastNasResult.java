package io.espalier.worker.stage.prune;

import io.espalier.schemas.stage.FastNasKeys;
import io.espalier.worker.algorithm.fastnas.FastNas;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.fastnas.FastNasPruning;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.PruningSummary;
import io.espalier.worker.stage.ResultFiles;
import io.espalier.worker.stage.TimmShapes;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Files of a pruning beside the weights: its report, config.json, espalier.json.
 *
 * @param dataset where the data lie that it was judged by
 * @param judge these data
 */
record FastNasResult(
    StageJob job,
    FastNasSpec spec,
    FastNasPlan plan,
    FastNasPruning.Result pruned,
    URI dataset,
    ImageDataset judge) {
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
    var names = new ArrayList<>(labelled ? List.of("accuracy", "loss") : List.<String>of());
    names.add("agreement");
    if (spec.reconstruct() != ReconstructionMode.OFF) {
      names.add(labelled ? FastNasPruning.ACCURACY_AS_CUT : FastNasPruning.AGREEMENT_AS_CUT);
    }
    return names;
  }

  /** Returns what is said to whoever ordered the pruning. */
  StageReport report() {
    var settings = PruningSummary.used(spec.said());
    settings.put("seed", Long.toString(job.seed()));
    settings.put("evaluations", Integer.toString(pruned.sensitivity().evaluations()));
    pruned
        .completed()
        .reconstruction()
        .map(ReconstructionTexts::settings)
        .ifPresent(settings::putAll);
    settings.putAll(judge.reading().facts());
    settings.put(StageReport.OPENING, opening().lines());
    StageReport.warn(settings, judge.reading().warnings());
    return new PruningSummary(
            pruned.outcome(),
            PruningSummary.prunable(plan.architecture(), kept()),
            settings,
            dataset,
            OptionalInt.empty())
        .report(FastNasKeys.FASTNAS, FastNas.VERSION, loadsIn());
  }

  private List<String> loadsIn() {
    return plan.family().loadsIn(plan.model().config());
  }

  /** Completes the output directory. */
  void write(StageReport report) {
    var files = new ResultFiles(job, plan.model().rootDigest());
    files.markWidths(widths());
    files.writeProvenance(report, judge.fingerprint(), kept(), shapes(), opening());
    if (report.loadsIn().contains(TimmShapes.LOADER)) {
      files.write(TimmShapes.FILE, TimmShapes.line(shapes()));
    }
  }

  private Map<String, long[]> shapes() {
    return plan.architecture().keep(kept()).shapes();
  }

  /** Returns how the result is opened. */
  Opening opening() {
    if (!loadsIn().contains(TimmShapes.LOADER)) {
      return Opening.ofEspalier(NOTE_ON_OTHERS);
    }
    List<Layer> layers = plan.architecture().layers();
    int classes = layers.get(layers.size() - 1).out().size();
    return Opening.ofTimm(
        TimmShapes.note(
            plan.model().config(), classes, plan.input().channels(), plan.model().sharded()));
  }

  private Map<String, Integer> widths() {
    var widths = new LinkedHashMap<String, Integer>();
    plan.architecture().axes().forEach(axis -> widths.put(axis.name(), kept().width(axis)));
    return widths;
  }

  private Kept kept() {
    return pruned.outcome().kept();
  }
}
