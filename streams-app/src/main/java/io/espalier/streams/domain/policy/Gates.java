package io.espalier.streams.domain.policy;

import io.espalier.gate.Gate;
import io.espalier.gate.GateEvaluation;
import io.espalier.gate.GateResult;
import io.espalier.gate.GatedMetric;
import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageOutcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Evaluates gates against what the stages of a run measured. */
public final class Gates {
  private Gates() {}

  /** The metrics of the whole run: before the first stage that measured it and after the last. */
  public static List<Metric> metrics(List<StageOutcome> outcomes) {
    Map<String, Metric> merged = new LinkedHashMap<>();
    for (StageOutcome outcome : outcomes) {
      for (Metric metric : outcome.report().metrics()) {
        merged.merge(metric.name(), metric, Metric::followedBy);
      }
    }
    return List.copyOf(merged.values());
  }

  /**
   * Returns how the run's result fares at each gate.
   *
   * @param gates the policy's gates
   * @param outcomes the finished stages, the last one's output being the result
   */
  public static List<GateResult> evaluate(List<Gate> gates, List<StageOutcome> outcomes) {
    long bytes = outcomes.get(outcomes.size() - 1).output().bytes();
    return GateEvaluation.of(gates, gated(outcomes), bytes);
  }

  /** The metrics of the whole run as gates look at them. */
  public static List<GatedMetric> gated(List<StageOutcome> outcomes) {
    return metrics(outcomes).stream().map(Metric::gated).toList();
  }
}
