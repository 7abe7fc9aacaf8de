package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageKind;
import io.espalier.event.StageOutcome;
import io.espalier.event.StageProgressed;
import io.espalier.gate.BudgetForecast;
import io.espalier.standalone.report.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A run with what follows from it.
 *
 * @param run the run
 * @param around what must be known besides
 */
record RunView(Run run, Circumstances around) {
  private static final String REPORT = "report.html";

  /** Its event with what people ask for besides, all under stable keys. */
  ObjectNode json() {
    ObjectNode json = Events.json(run);
    json.put("stage", stage());
    json.put("ageSeconds", age().toSeconds());
    percent().ifPresent(percent -> json.put("percent", percent));
    around.unserved(run).ifPresent(note -> json.put("note", note));
    report().ifPresent(uri -> json.put("report", uri));
    return json;
  }

  /** The stage it is at, from 1; the last one of a run that is through. */
  int stage() {
    return Math.min(run.getStageIndex() + 1, run.getStageCount());
  }

  /** Such as {@code 1 of 2}. */
  String stages() {
    return "%d of %d".formatted(stage(), run.getStageCount());
  }

  /** Returns how long ago it began. */
  Duration age() {
    return Duration.between(run.getCreatedAt(), around.now());
  }

  /** Returns how far a worker is with the current phase, if it is at work and knows. */
  OptionalInt percent() {
    return progress()
        .filter(progress -> progress.getTotal() > 0)
        .map(progress -> OptionalInt.of((int) (100 * progress.getDone() / progress.getTotal())))
        .orElse(OptionalInt.empty());
  }

  /** Returns how far a worker is, if one is at work. */
  Optional<StageProgressed> progress() {
    return Runs.isFinal(run) ? Optional.empty() : Optional.ofNullable(run.getProgress());
  }

  /** About how long the current phase goes on, such as {@code about 2m left}. */
  Optional<String> left() {
    return progress()
        .map(StageProgressed::getEtaMillis)
        .map(millis -> "about %s left".formatted(Figures.brief(Duration.ofMillis(millis))));
  }

  /**
   * Returns why it stands there, in one line; what it waits for or what it is at, if nothing is
   * wrong.
   */
  String reason() {
    if (run.getReason() != null) {
      return run.getReason().replaceAll("\\s+", " ");
    }
    if (run.getState() == RunState.QUEUED) {
      return around
          .unserved(run)
          .orElse("waits for a worker of pool '%s'".formatted(run.getPool()));
    }
    return progress()
        .map(progress -> progress.getPhase() + left().map(words -> ", " + words).orElse(""))
        .orElse("");
  }

  /** Returns where the report of its newest pruning lies, if a stage has ended. */
  Optional<String> report() {
    return report(run);
  }

  /** Returns where the report of a run's newest pruning lies, if a stage has ended. */
  static Optional<String> report(Run run) {
    List<StageOutcome> pruned =
        run.getStages().stream().filter(stage -> stage.getKind() == StageKind.PRUNE).toList();
    return pruned.isEmpty()
        ? Optional.empty()
        : Optional.of(pruned.get(pruned.size() - 1).getOutput().getUri() + REPORT);
  }

  /** The budget that is foretold to pass the gates, in words, if the last stage foretold one. */
  static Optional<String> forecast(Run run) {
    List<StageOutcome> stages = run.getStages();
    return stages.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(stages.get(stages.size() - 1).getReport().getForecast())
            .map(Events::forecast)
            .map(BudgetForecast::toText);
  }
}
