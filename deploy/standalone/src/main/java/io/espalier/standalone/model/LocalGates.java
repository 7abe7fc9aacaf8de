package io.espalier.standalone.model;

import io.espalier.event.OnGateFailure;
import io.espalier.event.PruningPolicy;
import io.espalier.standalone.report.Measurement;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.policy.Gate;
import io.espalier.streams.domain.policy.GateResult;
import io.espalier.streams.domain.policy.GateRule;
import io.espalier.streams.domain.policy.GateWords;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.stage.StageResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How local results fare at a policy's gates, by the very rules that the coordinator has.
 *
 * @param measurements over all stages
 * @param results one per gate
 * @param accepted whether the policy lets the result through
 * @param warnings of all stages
 */
record LocalGates(
    List<Measurement> measurements,
    List<GateResult> results,
    boolean accepted,
    List<String> warnings) {
  private static final Set<String> LABELLED = Set.of("accuracy", "loss");

  static LocalGates of(PruningPolicy policy, List<StageResult> stages, Manifest produced) {
    List<StageOutcome> outcomes = new ArrayList<>();
    var artifact =
        new Artifact("", produced.rootDigest(), produced.bytes(), ArtifactFiles.of(List.of()));
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
        measured,
        results,
        passed || policy.getOnGateFailure() == OnGateFailure.PUBLISH,
        stages.stream().flatMap(each -> each.report().warnings().stream()).distinct().toList());
  }

  /** What a gate asks and what it found. */
  String words(GateResult gate) {
    return GateWords.of(
        gate,
        measurements.stream()
            .filter(each -> each.name().equals(gate.gate().metric()))
            .map(Measurement::unit)
            .findFirst());
  }

  /**
   * Refuses gates on what will not be measured, before any work is done.
   *
   * @param metrics names of what the policy's stages will measure on the data at hand
   */
  static void requireMeasured(PruningPolicy policy, Set<String> metrics) {
    List<String> problems =
        policy.getGates().stream()
            .map(io.espalier.event.Gate::getMetric)
            .filter(metric -> !metrics.contains(metric))
            .distinct()
            .map(
                metric ->
                    "gate on %s: the stages do not measure it on these data%s; gates can be on %s"
                        .formatted(
                            metric,
                            LABELLED.contains(metric) ? ", whose images have no classes" : "",
                            String.join(", ", metrics)))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
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
