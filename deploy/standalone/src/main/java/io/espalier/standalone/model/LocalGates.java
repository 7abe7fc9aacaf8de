package io.espalier.standalone.model;

import io.espalier.event.OnGateFailure;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageSpec;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.Gate;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
import io.espalier.gate.GateWords;
import io.espalier.schemas.KindNames;
import io.espalier.standalone.report.Measurement;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.model.ArtifactFiles;
import io.espalier.streams.domain.policy.Gates;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageCost;
import io.espalier.streams.domain.stage.StageKind;
import io.espalier.streams.domain.stage.StageOutcome;
import io.espalier.streams.domain.stage.StageReport;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.report.BudgetForecasting;
import io.espalier.worker.stage.StageResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Outcomes of local results at a policy's gates, by the coordinator's very rules.
 *
 * @param measurements over all stages
 * @param results one per gate
 * @param forecast the budget that is foretold to pass, if the result does not and one can be
 *     foretold
 * @param accepted whether the policy lets the result through
 * @param warnings of all stages
 * @param loading what opens the result, if there is one
 */
record LocalGates(
    List<Measurement> measurements,
    List<GateResult> results,
    Optional<BudgetForecast> forecast,
    boolean accepted,
    List<String> warnings,
    Optional<Loading> loading) {
  private static final Set<String> LABELLED = Set.of("accuracy", "loss");

  static LocalGates of(PruningPolicy policy, List<StageResult> stages, Manifest produced) {
    List<StageOutcome> outcomes = new ArrayList<>();
    for (int i = 0; i < stages.size(); i++) {
      StageSpec stage = policy.getStages().get(i);
      var kind = new StageKind(KindNames.of(stage.getKind(), stage.getKindName()));
      outcomes.add(outcome(kind, produced.bytes(), report(stages.get(i))));
    }
    List<GateResult> results = Gates.evaluate(gates(policy), outcomes);
    boolean passed = results.stream().allMatch(GateResult::passed);
    List<Measurement> measured =
        Gates.metrics(outcomes).stream()
            .map(m -> new Measurement(m.name(), m.unit(), m.before(), m.after()))
            .toList();
    return new LocalGates(
        measured,
        results,
        Optional.empty(),
        passed || policy.getOnGateFailure() == OnGateFailure.PUBLISH,
        stages.stream().flatMap(each -> each.report().warnings().stream()).distinct().toList(),
        Loading.of(stages));
  }

  /**
   * The same with the budget that is foretold to pass if a gate failed.
   *
   * @param reported directory with the report of the only stage
   */
  LocalGates foretold(Path reported) {
    return results.stream().allMatch(GateResult::passed)
        ? this
        : new LocalGates(
            measurements,
            results,
            BudgetForecasting.of(reported, results),
            accepted,
            warnings,
            loading);
  }

  private static StageOutcome outcome(StageKind kind, long bytes, StageReport report) {
    return new StageOutcome(
        kind, 1, new Artifact("", "", bytes, ArtifactFiles.of(List.of())), report);
  }

  private static List<Gate> gates(PruningPolicy policy) {
    return policy.getGates().stream()
        .map(
            gate ->
                new Gate(
                    gate.getMetric(), GateRule.valueOf(gate.getRule().name()), gate.getBound()))
        .toList();
  }

  /** Returns what a gate asks and what it found. */
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
        told(report.metrics()),
        report.loadsIn(),
        new StageCost(
            Duration.ofMillis(result.wallMillis()),
            report.device(),
            result.peakMemoryBytes(),
            result.cached()),
        Optional.empty(),
        report.facts());
  }

  private static List<Metric> told(List<io.espalier.worker.domain.job.Metric> metrics) {
    return metrics.stream()
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
        .toList();
  }
}
