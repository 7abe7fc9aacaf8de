package io.espalier.streams.domain.policy;

import io.espalier.streams.domain.stage.Metric;
import io.espalier.streams.domain.stage.StageOutcome;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Evaluates gates against what the stages of a run measured. */
public final class Gates {
  private static final String BYTES = "bytes";

  /** A loss of 0.91 - 0.90 is a little over 0.01 in binary; the bound itself must pass. */
  private static final double SLACK = 1e-9;

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
   * How the run's result fares at each gate.
   *
   * @param gates the policy's gates
   * @param outcomes the finished stages, the last one's output being the result
   */
  public static List<GateResult> evaluate(List<Gate> gates, List<StageOutcome> outcomes) {
    List<Metric> metrics = metrics(outcomes);
    long bytes = outcomes.get(outcomes.size() - 1).output().bytes();
    return gates.stream().map(gate -> evaluate(gate, metrics, bytes)).toList();
  }

  private static GateResult evaluate(Gate gate, List<Metric> metrics, long bytes) {
    Optional<Metric> metric =
        metrics.stream().filter(candidate -> candidate.name().equals(gate.metric())).findFirst();
    OptionalDouble measured = metric.map(m -> measured(gate, m)).orElse(OptionalDouble.empty());
    if (measured.isEmpty() && gate.rule() == GateRule.MAX_BYTES && gate.metric().equals(BYTES)) {
      measured = OptionalDouble.of((double) bytes);
    }
    boolean higherIsBetter = metric.map(Metric::higherIsBetter).orElse(false);
    return new GateResult(
        gate,
        measured,
        measured.isPresent() && holds(gate, measured.getAsDouble(), higherIsBetter));
  }

  private static OptionalDouble measured(Gate gate, Metric metric) {
    if (metric.after().isEmpty()) {
      return OptionalDouble.empty();
    }
    double after = metric.after().getAsDouble();
    if (gate.rule() == GateRule.THRESHOLD || gate.rule() == GateRule.MAX_BYTES) {
      return OptionalDouble.of(after);
    }
    if (metric.before().isEmpty()) {
      return OptionalDouble.empty();
    }
    double before = metric.before().getAsDouble();
    double loss = metric.higherIsBetter() ? before - after : after - before;
    return switch (gate.rule()) {
      case THRESHOLD, MAX_BYTES -> OptionalDouble.of(after);
      case MAX_DEGRADATION -> OptionalDouble.of(loss);
      case PERCENT_MAX_DEGRADATION -> ratio(100 * loss, Math.abs(before));
      case MIN_SPEEDUP -> ratio(before, after);
    };
  }

  private static OptionalDouble ratio(double part, double whole) {
    return whole == 0 ? OptionalDouble.empty() : OptionalDouble.of(part / whole);
  }

  private static boolean holds(Gate gate, double measured, boolean higherIsBetter) {
    return switch (gate.rule()) {
      case THRESHOLD ->
          higherIsBetter ? atLeast(measured, gate.bound()) : atMost(measured, gate.bound());
      case MIN_SPEEDUP -> atLeast(measured, gate.bound());
      case MAX_DEGRADATION, PERCENT_MAX_DEGRADATION, MAX_BYTES -> atMost(measured, gate.bound());
    };
  }

  private static boolean atLeast(double measured, double bound) {
    return measured >= bound - SLACK * Math.abs(bound);
  }

  private static boolean atMost(double measured, double bound) {
    return measured <= bound + SLACK * Math.abs(bound);
  }
}
