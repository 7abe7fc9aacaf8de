package io.espalier.worker.stage.prune;

import io.espalier.schemas.stage.MinitronKeys;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.ScoredCandidate;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.stage.Opening;
import io.espalier.worker.stage.PruningSummary;
import io.espalier.worker.stage.ResultFiles;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a pruning by Minitron leaves behind beside weights and config.json: its report,
 * espalier.json.
 *
 * @param dataset where the data lie that it was judged by
 */
record MinitronResult(StageJob job, MinitronSpec spec, MinitronPruning.Result pruned, URI dataset) {
  /** Names of the metrics that a pruning reports. */
  static Set<String> metricNames(DecoderBlueprint blueprint, MinitronSpec spec, long seed) {
    return new PruningSummary.Reported(
            true,
            spec.goal().cache().isPresent(),
            TextMetrics.names(blueprint.network().input()),
            blueprint.fits(spec.listening(seed).stateBytes()))
        .names();
  }

  /** Returns what is said to whoever ordered the pruning. */
  StageReport report() {
    TextModel original = original();
    Kept kept = pruned.outcome().kept();
    var cut = new LinkedHashMap<String, Axis>();
    original.architecture().choices().values().stream()
        .filter(axis -> kept.width(axis) < axis.units())
        .forEach(axis -> cut.put(place(axis), axis));
    return new PruningSummary(pruned.outcome(), cut, settings(), dataset, original.tokensOneByOne())
        .report(MinitronKeys.MINITRON, ActivationMeasurement.VERSION, loadsIn());
  }

  /** The name of an axis; experts of a layer are equally wide, so of many one line is enough. */
  private String place(Axis axis) {
    for (Stack stack : original().architecture().stacks()) {
      OptionalInt expert =
          stack.shared().isPresent() ? stack.unit(axis.name()) : OptionalInt.empty();
      if (expert.isPresent()) {
        String module = stack.module(expert.getAsInt());
        return stack.prefix() + "*" + axis.name().substring(module.length());
      }
    }
    return axis.name();
  }

  /** Completes the output directory. */
  void write(StageReport report, String datasetDigest) {
    var files = new ResultFiles(job, original().directory().rootDigest());
    var widths = new LinkedHashMap<String, Integer>();
    pruned.model().architecture().axes().forEach(axis -> widths.put(axis.name(), axis.units()));
    files.markWidths(widths);
    files.writeProvenance(
        report,
        datasetDigest,
        pruned.outcome().kept(),
        pruned.model().architecture().shapes(),
        opening());
  }

  private TextModel original() {
    return pruned.plan().blueprint().model();
  }

  private List<String> loadsIn() {
    return pruned.model().family().loadsIn(pruned.model().directory().config());
  }

  /** Returns how the result is opened. */
  Opening opening() {
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
      candidates(compared, settings);
    }
    settings.putAll(PruningSummary.used(spec.said()));
    settings.put("seed", Long.toString(job.seed()));
    settings.put("batches", Integer.toString(pruned.batches()));
    settings.put("tokens", Integer.toString(original().tokens()));
    settings.put(StageReport.OPENING, opening().lines());
    original().carried().ifPresent(kept -> settings.put(StageReport.NOT_COUNTED, kept));
    StageReport.warn(settings, original().network().warnings());
    return settings;
  }

  private void candidates(Compared compared, Map<String, String> settings) {
    for (int i = 0; i < compared.candidates().size(); i++) {
      String key = "candidate." + (i + 1);
      ScoredCandidate candidate = compared.candidates().get(i);
      settings.put(key + ".sizes", candidate.name());
      settings.put(key + ".layers", candidate.layers().toString());
      for (Quantity quantity : Quantity.knownIn(candidate.cost())) {
        if (quantity != Quantity.LATENCY) { // times are not the same each time
          settings.put(key + "." + quantity.key(), Long.toString(quantity.of(candidate.cost())));
        }
      }
      candidate
          .score()
          .ifPresent(score -> settings.put(key + "." + spec.score().key(), Double.toString(score)));
    }
    settings.put("candidate.chosen", Integer.toString(compared.chosen() + 1));
  }
}
