package io.espalier.worker.domain.job;

import io.espalier.gate.GatedMetric;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One measured quantity, before and after a change.
 *
 * @param name parameters, flops, bytes, accuracy, loss, latencyMillis, ...
 * @param unit count, bytes, fraction, nats, milliseconds, ...
 * @param before value for the model that went in
 * @param after value for the model that came out
 * @param higherIsBetter whether a larger value is the better one
 * @param dataset URI of the data it was measured on
 * @param samples number of samples or repetitions measured
 */
public record Metric(
    String name,
    String unit,
    OptionalDouble before,
    OptionalDouble after,
    boolean higherIsBetter,
    Optional<String> dataset,
    OptionalLong samples) {

  /** Returns what gates look at. */
  public GatedMetric gated() {
    return new GatedMetric(name, unit, before, after, higherIsBetter);
  }

  /** A quantity that follows from the model alone, such as its size. */
  public static Metric exact(String name, String unit, double before, double after) {
    return new Metric(
        name,
        unit,
        OptionalDouble.of(before),
        OptionalDouble.of(after),
        false,
        Optional.empty(),
        OptionalLong.empty());
  }
}
