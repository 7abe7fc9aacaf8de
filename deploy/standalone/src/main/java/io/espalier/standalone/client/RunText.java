package io.espalier.standalone.client;

import io.espalier.event.GateResult;
import io.espalier.event.Metric;
import io.espalier.event.Run;
import io.espalier.event.StageOutcome;
import io.espalier.standalone.report.Measurement;
import java.util.ArrayList;
import java.util.List;

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
    run.getGates().forEach(gate -> lines.add("gate      " + gate(gate)));
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

  private static String gate(GateResult gate) {
    return "%s %s %s: %s, %s"
        .formatted(
            gate.getGate().getMetric(),
            Events.lower(gate.getGate().getRule()),
            gate.getGate().getBound(),
            gate.getMeasured() == null ? "not measured" : "measured " + gate.getMeasured(),
            gate.getPassed() ? "passed" : "failed");
  }
}
