package io.espalier.standalone.client;

import io.espalier.event.GateResult;
import io.espalier.event.Metric;
import io.espalier.event.Run;
import io.espalier.event.StageOutcome;
import io.espalier.standalone.report.Measurement;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.GateWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** A run for people. */
final class RunText {
  private RunText() {}

  static String of(Run run) {
    var lines = new ArrayList<String>();
    lines.add("run       " + run.getRunId());
    lines.add("model     %s@%s".formatted(run.getModelName(), run.getModelVersion()));
    lines.add(
        "policy    %s, generation %d".formatted(run.getPolicyName(), run.getPolicyGeneration()));
    lines.add("state     " + Events.lower(run.getState()) + reason(run));
    lines.add("pool      " + run.getPool());
    lines.add("began     " + run.getCreatedAt());
    lines.add("updated   " + run.getUpdatedAt());
    var artifact = run.getArtifact();
    if (artifact != null) {
      lines.add("artifact  " + artifact.getUri());
      lines.add("digest    " + artifact.getRootDigest());
    }
    run.getStages().forEach(stage -> stage(stage, lines));
    run.getGates().forEach(gate -> lines.add("gate      " + gate(gate, run)));
    return String.join("\n", lines);
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
                Events.lower(stage.getKind()),
                report.getAlgorithm(),
                report.getAlgorithmVersion(),
                report.getCost().getWallMillis() / 1000.0,
                report.getCost().getDevice(),
                stage.getAttempts()));
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
        new io.espalier.streams.domain.policy.GateResult(
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
