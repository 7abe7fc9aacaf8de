package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Narration;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.stage.ChildJvm;
import io.espalier.worker.stage.ChildSettings;
import io.espalier.worker.stage.LocalRun;
import io.espalier.worker.stage.ScoreShelf;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stages;
import io.espalier.worker.stage.Stop;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs stages on this machine, each in its own JVM, and tells how far they are. */
final class LocalStages {
  private LocalStages() {}

  /**
   * Runs stages.
   *
   * @param heapMebibytes Java heap of each stage
   * @param threads threads of the tensor library
   * @param scores where scores of models are kept, if they are
   * @param stop ends the stage that runs
   */
  static List<StageResult> run(
      LocalRun.Request request,
      int heapMebibytes,
      int threads,
      Optional<ScoreShelf> scores,
      Narration narration,
      Stop stop) {
    var child = new ChildJvm(ChildSettings.of(heapMebibytes, threads));
    return new LocalRun(child, Stages.standard(), scores)
        .run(
            request,
            (step, kind, progress) ->
                narration.progress(
                    kind.name().toLowerCase(Locale.ROOT) + ": " + progress.phase(),
                    progress.done(),
                    progress.total(),
                    Words.of(progress.values())),
            stop);
  }

  /** Names of the metrics that the stages of a request will measure; runs none of them. */
  static Set<String> metrics(LocalRun.Request request, int heapMebibytes, int threads) {
    var child = new ChildJvm(ChildSettings.of(heapMebibytes, threads));
    return new LocalRun(child, Stages.standard()).metrics(request);
  }

  static List<Measurement> measurements(List<Metric> metrics) {
    return metrics.stream()
        .map(
            metric ->
                new Measurement(metric.name(), metric.unit(), metric.before(), metric.after()))
        .toList();
  }

  /** Adds warnings of stages to what programs read; nothing if there are none. */
  static void warn(ObjectNode json, List<String> warnings) {
    if (!warnings.isEmpty()) {
      warnings.forEach(json.putArray("warnings")::add);
    }
  }

  /** The same for people, each on a line of its own. */
  static String warnings(List<String> warnings) {
    return warnings.stream().map("\nwarning: "::concat).collect(Collectors.joining());
  }
}
