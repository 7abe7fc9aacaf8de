package io.espalier.standalone.client;

import io.espalier.event.GateResult;
import io.espalier.event.Metric;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageOutcome;
import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.gate.GateWords;
import io.espalier.schemas.FactsMapping;
import io.espalier.schemas.KindNames;
import io.espalier.standalone.model.Words;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Measurement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** A run for people. */
final class RunText {
  private static final Duration UNHEARD = Duration.ofSeconds(60);

  private RunText() {}

  /** Returns all that is known of a run. */
  static String of(RunView view) {
    Run run = view.run();
    Instant now = view.around().now();
    var lines = new ArrayList<String>();
    lines.add("run       " + run.getRunId());
    lines.add("model     %s@%s".formatted(run.getModelName(), run.getModelVersion()));
    lines.add(
        "policy    %s, generation %d".formatted(run.getPolicyName(), run.getPolicyGeneration()));
    lines.add("state     " + Events.words(run.getState()) + reason(run));
    lines.add("pool      " + run.getPool());
    if (!Runs.isFinal(run)) {
      work(view, lines);
    }
    lines.add("created   " + since(run.getCreatedAt(), now));
    if (run.getStartedAt() != null) {
      lines.add("started   " + since(run.getStartedAt(), now));
    }
    lines.add("updated   " + since(run.getUpdatedAt(), now));
    waiting(run, now).ifPresent(words -> lines.add("          " + words));
    view.around().unserved(run).ifPresent(words -> lines.add("          " + remedy(words, run)));
    result(view, lines);
    run.getStages().forEach(stage -> stage(stage, lines));
    run.getGates().forEach(gate -> lines.add("gate      " + gate(gate, run)));
    RunView.forecast(run).ifPresent(words -> lines.add("forecast  " + words));
    return String.join("\n", lines);
  }

  /** The lines of a run that goes on: stage, attempt, worker, and how far that is. */
  private static void work(RunView view, List<String> lines) {
    Run run = view.run();
    if (run.getStageCount() > 0) {
      lines.add("stage     %s, attempt %d".formatted(view.stages(), run.getAttempt()));
    }
    if (run.getWorkerId() != null) {
      lines.add("worker    " + run.getWorkerId() + heard(run, view.around().now()));
    }
    view.progress()
        .ifPresent(
            progress -> {
              lines.add("phase     " + StageText.of(progress) + left(view));
              if (!progress.getValues().isEmpty()) {
                lines.add("values    " + Words.of(progress.getValues()));
              }
            });
  }

  private static String heard(Run run, Instant now) {
    Instant heard = run.getHeardAt();
    return heard == null
        ? ""
        : ", heard of %s ago".formatted(Figures.age(Duration.between(heard, now)));
  }

  private static String left(RunView view) {
    return view.left().map(words -> ", " + words).orElse("");
  }

  private static String remedy(String problem, Run run) {
    return "%s; `espalier worker --pool %s` would, `espalier pools` shows all"
        .formatted(problem, run.getPool());
  }

  private static void result(RunView view, List<String> lines) {
    var artifact = view.run().getArtifact();
    if (artifact != null) {
      lines.add("artifact  " + artifact.getUri());
      lines.add("digest    " + artifact.getRootDigest());
    }
    view.report().ifPresent(uri -> lines.add("report    " + uri));
  }

  /** Returns since when nothing has happened to a run, if that is worth saying. */
  static Optional<String> waiting(Run run, Instant now) {
    Instant waiting = run.getWaitingSince();
    if (run.getState() == RunState.QUEUED && waiting != null) {
      return Optional.of("waiting for a worker since " + since(waiting, now));
    }
    Instant heard = run.getHeardAt();
    return run.getState() == RunState.RUNNING && heard != null && heard.isBefore(now.minus(UNHEARD))
        ? Optional.of(
            "worker %s not heard of since %s".formatted(run.getWorkerId(), since(heard, now)))
        : Optional.empty();
  }

  private static String since(Instant time, Instant now) {
    return "%s (%s ago)".formatted(time, Figures.age(Duration.between(time, now)));
  }

  private static String reason(Run run) {
    return run.getReason() == null ? "" : ": " + run.getReason();
  }

  private static void stage(StageOutcome stage, List<String> lines) {
    var report = stage.getReport();
    lines.add("");
    lines.add(
        "%s (%s %s): %.1f s on %s, attempts %d"
            .formatted(
                KindNames.of(stage.getKind(), stage.getKindName()),
                report.getAlgorithm(),
                report.getAlgorithmVersion(),
                report.getCost().getWallMillis() / 1000.0,
                report.getCost().getDevice(),
                stage.getAttempts()));
    lines.addAll(FactsText.of(FactsMapping.fromAvro(report.getFacts())));
    List<Metric> metrics = report.getMetrics();
    lines.add(Measurement.table(Events.measurements(metrics)));
  }

  private static String gate(GateResult result, Run run) {
    var gate =
        new Gate(
            result.getGate().getMetric(),
            GateRule.valueOf(result.getGate().getRule().name()),
            result.getGate().getBound());
    Double measured = result.getMeasured();
    var fared =
        new io.espalier.gate.GateResult(
            gate,
            measured == null ? OptionalDouble.empty() : OptionalDouble.of(measured),
            result.getPassed());
    return GateWords.of(fared, unit(gate.metric(), run))
        + (result.getPassed() ? ", passed" : ", failed");
  }

  private static Optional<String> unit(String metric, Run run) {
    return run.getStages().stream()
        .flatMap(stage -> stage.getReport().getMetrics().stream())
        .filter(each -> each.getName().equals(metric))
        .map(Metric::getUnit)
        .findFirst();
  }
}
