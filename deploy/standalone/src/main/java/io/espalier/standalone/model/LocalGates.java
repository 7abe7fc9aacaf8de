package io.espalier.standalone.model;

import io.espalier.event.OnGateFailure;
import io.espalier.event.PruningPolicy;
import io.espalier.standalone.report.Measurement;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateResult;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.stage.StageResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How local results fare at a policy's gates, by the very rules that the coordinator has.
 *
 * @param measurements over all stages
 * @param results one per gate
 * @param accepted whether the policy lets the result through
 */
record LocalGates(List<Measurement> measurements, List<GateResult> results, boolean accepted) {
  static LocalGates of(PruningPolicy policy, List<StageResult> stages, Manifest produced) {
    List<StageOutcome> outcomes = new ArrayList<>();
    var artifact = new Artifact("", produced.rootDigest(), produced.bytes(), List.of());
    for (int i = 0; i < stages.size(); i++) {
      StageKind kind = StageKind.valueOf(policy.getStages().get(i).getKind().name());
      outcomes.add(new StageOutcome(kind, 1, artifact, report(stages.get(i))));
    }
    List<Gate> gates =
        policy.getGates().stream()
            .map(
                gate ->
                    new Gate(
                        gate.getMetric(), GateRule.valueOf(gate.getRule().name()), gate.getBound()))
            .toList();
    List<GateResult> results = Gates.evaluate(gates, outcomes);
    boolean passed = results.stream().allMatch(GateResult::passed);
    List<Measurement> measured =
        Gates.metrics(outcomes).stream()
            .map(m -> new Measurement(m.name(), m.unit(), m.before(), m.after()))
            .toList();
    return new LocalGates(
        measured, results, passed || policy.getOnGateFailure() == OnGateFailure.PUBLISH);
  }

  private static StageReport report(StageResult result) {
    var report = result.report();
    return new StageReport(
        report.algorithm(),
        report.algorithmVersion(),
        report.change(),
        report.metrics().stream()
            .map(
                m ->
                    new Metric(
                        m.name(),
                        m.unit(),
                        m.before(),
                        m.after(),
                        m.higherIsBetter(),
                        m.dataset(),
                        m.samples()))
            .toList(),
        report.loadsIn(),
        new StageCost(
            Duration.ofMillis(result.wallMillis()),
            report.device(),
            result.peakMemoryBytes(),
            result.cached()));
  }
}
