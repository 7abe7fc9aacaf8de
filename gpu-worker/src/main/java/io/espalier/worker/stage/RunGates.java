package io.espalier.worker.stage;

import io.espalier.gate.Gate;
import io.espalier.gate.GateEvaluation;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateWords;
import io.espalier.gate.GatedMetric;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.facts.ResultIdentity.GateFacts;
import java.util.List;
import java.util.Optional;

/**
 * The gates of a run, which are about what went into its first stage and came out of its last. The
 * coordinator judges by them; a report says how the same rules fall out on the same numbers.
 *
 * @param gates of the policy; empty if the coordinator is too old to say
 * @param stages of the run in all; 0 if the coordinator is too old to say
 * @param earlier what the stages before measured
 */
public record RunGates(List<Gate> gates, int stages, List<GatedMetric> earlier) {
  /** Gates; the lists are copied. */
  public RunGates {
    gates = List.copyOf(gates);
    earlier = List.copyOf(earlier);
  }

  /**
   * Returns how the result of the last stage fares.
   *
   * @param metrics what that stage measured
   * @param bytes size of its output
   */
  List<GateResult> results(List<Metric> metrics, long bytes) {
    return GateEvaluation.of(gates, measured(metrics), bytes);
  }

  /**
   * Returns what is told of the gates by the report of a stage.
   *
   * @param stageIndex position of the stage, from 0; only the last one's result is judged
   * @param metrics what the stage measured
   * @param bytes size of its output
   */
  List<GateFacts> facts(int stageIndex, List<Metric> metrics, long bytes) {
    List<GatedMetric> measured = measured(metrics);
    if (stageIndex + 1 < stages) {
      return gates.stream().map(gate -> pending(gate, measured)).toList();
    }
    return results(metrics, bytes).stream()
        .map(result -> new GateFacts(GateWords.of(result, measured), Optional.of(result.passed())))
        .toList();
  }

  private GateFacts pending(Gate gate, List<GatedMetric> measured) {
    Optional<String> unit =
        measured.stream()
            .filter(metric -> metric.name().equals(gate.metric()))
            .map(GatedMetric::unit)
            .findFirst();
    return new GateFacts(
        "%s: decided after stage %d, the last one".formatted(GateWords.of(gate, unit), stages),
        Optional.empty());
  }

  /** Everything that the run measured up to a stage, that stage included. */
  private List<GatedMetric> measured(List<Metric> metrics) {
    return GatedMetric.merged(earlier, metrics.stream().map(Metric::gated).toList());
  }
}
