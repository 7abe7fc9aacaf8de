package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Narration;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.LocalRun;
import io.espalier.worker.stage.job.Stages;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Runs stages on this machine, each in its own JVM, and tells how far they are. */
final class LocalStages {
  private LocalStages() {}

  /**
   * Results of stages.
   *
   * @param results one per stage
   * @param scoresReused whether every stage that needs scores had all of them from earlier runs
   */
  record Finished(List<StageResult> results, boolean scoresReused) {}

  /**
   * Runs stages.
   *
   * @param stop ends the stage that runs
   */
  static Finished run(
      LocalRun.Request request, LocalResources resources, Narration narration, Stop stop) {
    var told = new Told(request.steps(), narration);
    List<StageResult> results =
        new LocalRun(child(resources), Stages.standard(), resources.shelf())
            .run(request, told, stop);
    long scored =
        request.steps().stream().filter(step -> step.kind().equals(StageKind.PRUNE)).count();
    return new Finished(results, scored > 0 && told.reused == scored);
  }

  /** Names of the metrics that the stages of a request will measure; runs none of them. */
  static Set<String> metrics(LocalRun.Request request, LocalResources resources) {
    return new LocalRun(child(resources), Stages.standard()).metrics(request);
  }

  private static ChildJvm child(LocalResources resources) {
    return new ChildJvm(ChildSettings.of(resources.heapMebibytes(), resources.threads()));
  }

  /** Tells people how far stages are. */
  private static final class Told implements LocalRun.Listener {
    private final List<LocalRun.Step> steps;
    private final Narration narration;
    private int reused;

    private Told(List<LocalRun.Step> steps, Narration narration) {
      this.steps = steps;
      this.narration = narration;
    }

    @Override
    public void begin(int step, StageKind kind) {
      narration.say("step %d of %d: %s".formatted(step + 1, steps.size(), words(kind)));
    }

    @Override
    public void report(int step, StageKind kind, Progress progress) {
      narration.progress(
          words(kind) + ": " + progress.phase(),
          progress.done(),
          progress.total(),
          Words.of(progress.values()));
    }

    @Override
    public void reusedScores(int step) {
      reused++;
      narration.say("scores reused: an earlier run had measured all of them");
    }

    private static String words(StageKind kind) {
      return kind.name();
    }
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
