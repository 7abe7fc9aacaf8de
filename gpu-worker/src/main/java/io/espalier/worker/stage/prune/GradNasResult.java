package io.espalier.worker.stage.prune;

import io.espalier.schemas.stage.GradNasKeys;
import io.espalier.worker.algorithm.gradnas.GradNas;
import io.espalier.worker.algorithm.gradnas.GradNasPlan;
import io.espalier.worker.algorithm.gradnas.GradNasPruning;
import io.espalier.worker.algorithm.gradnas.OutputForms;
import io.espalier.worker.algorithm.gradnas.OutputMode;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.PruningSummary;
import io.espalier.worker.stage.TimmShapes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files of a pruning by GradNAS beside weights and config.json: its report, espalier.json.
 *
 * @param forms that there are, first that of the result
 * @param data that it was scored and judged by
 */
record GradNasResult(
    StageJob job,
    GradNasSpec spec,
    OutputForms forms,
    GradNasPruning.Result pruned,
    PruningData data)
    implements PruningResult {
  @Override
  public ModelDirectory original() {
    return plan().model().directory();
  }

  @Override
  public Architecture made() {
    return pruned.model().architecture();
  }

  @Override
  public PruningOutcome<Solved> outcome() {
    return pruned.outcome();
  }

  @Override
  public String dataDigest() {
    return data.fingerprint();
  }

  @Override
  public AlgorithmFacts facts() {
    return new GradNasFacts(spec, plan(), pruned, data.facts());
  }

  @Override
  public StageReport report() {
    var settings = PruningSummary.used(spec.said());
    settings.put("seed", Long.toString(job.seed()));
    settings.put("batches", Integer.toString(pruned.scores().batches()));
    plan()
        .model()
        .sequenceLength()
        .ifPresent(tokens -> settings.put("tokens", Integer.toString(tokens)));
    settings.put("output", plan().output().key());
    pruned.reconstruction().map(ReconstructionTexts::settings).ifPresent(settings::putAll);
    settings.putAll(data.reading());
    settings.put(StageReport.OPENING, opening().lines());
    plan().model().carried().ifPresent(kept -> settings.put(StageReport.NOT_COUNTED, kept));
    StageReport.warn(
        settings,
        Stream.of(plan().model().warnings(), data.warnings(), forms.passedOver())
            .flatMap(List::stream)
            .toList());
    return new PruningSummary(
            pruned.outcome(),
            PruningSummary.prunable(plan().model().architecture(), pruned.outcome().kept()),
            settings,
            data.uri(),
            plan().model().tokensOneByOne())
        .report(GradNasKeys.GRADNAS, GradNas.VERSION, loadsIn());
  }

  private GradNasPlan plan() {
    return forms.first();
  }

  private List<String> loadsIn() {
    var loaders =
        new ArrayList<>(pruned.model().family().loadsIn(pruned.model().directory().config()));
    if (plan().output() == OutputMode.PRUNED_HEADS && !loaders.contains("transformers")) {
      loaders.add("transformers<5");
    }
    return loaders;
  }

  @Override
  public Opening opening() {
    return Opening.of(note(), loadsIn(), pruned.model());
  }

  /** Returns what opened the model before it was cut. */
  private String library() {
    MaskableModel whole = plan().model();
    return whole.family().loadsIn(whole.directory().config()).contains(TimmShapes.LOADER)
        ? "timm"
        : "transformers";
  }

  private String note() {
    return switch (plan().output()) {
      case PER_LAYER ->
          "layers are as wide as config.json lists; %s builds all layers equally wide and opens it only if they are, which `output: uniform` in the policy asks for"
              .formatted(library());
      case PRUNED_HEADS ->
          "transformers 4 removes the heads that pruned_heads in config.json names while it builds"
              + " the model; transformers 5 does not";
      case UNIFORM -> "all layers are equally wide, so any loader of the family opens it";
      case ZERO_PADDED ->
          "what was pruned is zero and still there: any loader of the family opens it, and it costs"
              + " what the original costs";
    };
  }
}
