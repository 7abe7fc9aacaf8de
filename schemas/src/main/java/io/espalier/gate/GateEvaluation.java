package io.espalier.gate;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Compares what was measured with what gates ask for. */
public final class GateEvaluation {
  private static final String BYTES = "bytes";

  /** A loss of 0.91 - 0.90 is a little over 0.01 in binary; the bound itself must pass. */
  private static final double SLACK = 1e-9;

  private GateEvaluation() {}

  /**
   * Returns how a result fares at each gate.
   *
   * @param metrics of the whole run: before its first stage and after its last
   * @param bytes size of the result, for gates on it where no metric says it
   */
  public static List<GateResult> of(List<Gate> gates, List<GatedMetric> metrics, long bytes) {
    return gates.stream().map(gate -> of(gate, metrics, bytes)).toList();
  }

  private static GateResult of(Gate gate, List<GatedMetric> metrics, long bytes) {
    Optional<GatedMetric> metric =
        metrics.stream().filter(candidate -> candidate.name().equals(gate.metric())).findFirst();
    OptionalDouble measured = metric.map(m -> measured(gate, m)).orElse(OptionalDouble.empty());
    if (measured.isEmpty() && gate.rule() == GateRule.MAX_BYTES && gate.metric().equals(BYTES)) {
      measured = OptionalDouble.of((double) bytes);
    }
    boolean higherIsBetter = metric.map(GatedMetric::higherIsBetter).orElse(false);
    return new GateResult(
        gate,
        measured,
        measured.isPresent() && holds(gate, measured.getAsDouble(), higherIsBetter));
  }

  private static OptionalDouble measured(Gate gate, GatedMetric metric) {
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
