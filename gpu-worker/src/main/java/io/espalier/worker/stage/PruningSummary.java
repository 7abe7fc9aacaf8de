package io.espalier.worker.stage;

import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.prune.Measured;
import io.espalier.worker.algorithm.prune.Outcome;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What is said to whoever ordered a pruning, whatever it went by.
 *
 * @param architecture of the model that went in
 * @param settings what the algorithm was told, by name
 * @param dataset where the data lie that it was judged by
 */
record PruningSummary(
    Outcome outcome, Architecture architecture, Map<String, String> settings, URI dataset) {
  static final String LATENCY = "latencyMillis";

  private static final List<Quantity> EXACT =
      List.of(Quantity.PARAMETERS, Quantity.FLOPS, Quantity.BYTES);

  /**
   * Names of the metrics that a pruning reports.
   *
   * @param judged names of the measures that say how good a model is
   */
  static Set<String> metricNames(List<String> judged) {
    var names = new LinkedHashSet<String>();
    EXACT.forEach(quantity -> names.add(quantity.key()));
    names.addAll(judged);
    names.add(LATENCY);
    return names;
  }

  StageReport report(String algorithm, String version, List<String> loadsIn) {
    return new StageReport(algorithm, version, change(), metrics(), loadsIn, outcome.device());
  }

  private Map<String, String> change() {
    var change = new LinkedHashMap<String, String>();
    for (Budget.Bound bound : outcome.budget().bounds()) {
      String key = bound.quantity().key();
      change.put("constraints." + key + ".asked", bound.asked());
      if (bound.quantity() != Quantity.LATENCY) { // times are not the same each time
        change.put("constraints." + key + ".limit", Long.toString(bound.limit()));
        change.put(
            "constraints." + key + ".reached",
            Long.toString(bound.quantity().of(outcome.after().cost())));
      }
    }
    for (Axis axis : architecture.prunableAxes()) {
      change.put("widths." + axis.name(), axis.units() + " -> " + outcome.kept().width(axis));
    }
    change.putAll(settings);
    return change;
  }

  private List<Metric> metrics() {
    Measured before = outcome.before();
    Measured after = outcome.after();
    var metrics = new ArrayList<Metric>();
    EXACT.forEach(quantity -> metrics.add(exact(quantity)));
    before.measures().forEach(measure -> metrics.add(judged(measure)));
    metrics.add(
        new Metric(
            LATENCY,
            "milliseconds",
            OptionalDouble.of(before.latency().medianMillis()),
            OptionalDouble.of(after.latency().medianMillis()),
            false,
            Optional.empty(),
            OptionalLong.of(after.latency().repetitions())));
    return metrics;
  }

  private Metric exact(Quantity quantity) {
    return Metric.exact(
        quantity.key(),
        quantity == Quantity.BYTES ? "bytes" : "count",
        (double) quantity.of(outcome.before().cost()),
        (double) quantity.of(outcome.after().cost()));
  }

  private Metric judged(Measure before) {
    return new Metric(
        before.name(),
        before.unit(),
        OptionalDouble.of(before.value()),
        OptionalDouble.of(outcome.after().value(before.name())),
        before.higherIsBetter(),
        Optional.of(dataset.toString()),
        OptionalLong.of(outcome.samples()));
  }
}
