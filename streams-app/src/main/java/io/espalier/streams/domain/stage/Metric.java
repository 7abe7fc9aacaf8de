package io.espalier.streams.domain.stage;

import io.espalier.gate.GatedMetric;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * One measured quantity, before and after a change.
 *
 * @param name parameters, flops, bytes, accuracy, latencyMillis, ...
 * @param unit count, bytes, fraction, milliseconds, ...
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

  /**
   * This metric over this stage and a later one: before as here, after as there, each filled from
   * the other where it was not measured.
   */
  public Metric followedBy(Metric later) {
    return new Metric(
        name,
        unit,
        before.isPresent() ? before : later.before,
        later.after.isPresent() ? later.after : after,
        higherIsBetter,
        later.dataset.or(() -> dataset),
        later.samples.isPresent() ? later.samples : samples);
  }

  /** Returns what gates look at. */
  public GatedMetric gated() {
    return new GatedMetric(name, unit, before, after, higherIsBetter);
  }
}
