package io.espalier.worker.stage;

import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.PruneKeys;
import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.Measure;
import io.espalier.worker.algorithm.prune.MeasuredModel;
import io.espalier.worker.algorithm.prune.PruningOutcome;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Constraints;
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
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What is said to whoever ordered a pruning, whatever it went by.
 *
 * @param axes whose widths are told, by what they are called
 * @param settings what the algorithm was told, by name
 * @param dataset where the data lie that it was judged by
 * @param tokens of the sequence that operations are those of, if each token has a part of them
 */
public record PruningSummary(
    PruningOutcome<?> outcome,
    Map<String, Axis> axes,
    Map<String, String> settings,
    URI dataset,
    OptionalInt tokens) {
  public static final String LATENCY = "latencyMillis";

  /** What is exact of any model, and what it may cost besides. */
  private static final List<Quantity> EXACT =
      List.of(Quantity.PARAMETERS, Quantity.FLOPS, Quantity.BYTES, Quantity.MEMORY);

  /**
   * Which metrics a pruning reports.
   *
   * @param perToken operations for each token, too
   * @param memory what the model takes while it serves, too
   * @param judged names of the measures that say how good a model is
   * @param timed whether original and result are timed
   */
  public record Reported(boolean perToken, boolean memory, List<String> judged, boolean timed) {
    /** Names of the metrics. */
    public Set<String> names() {
      var names = new LinkedHashSet<String>();
      for (Quantity quantity : EXACT) {
        if (quantity != Quantity.MEMORY || memory) {
          names.add(quantity.key());
        }
        if (quantity == Quantity.FLOPS && perToken) {
          names.add(Constraints.FLOPS_PER_TOKEN);
        }
      }
      names.addAll(judged);
      if (timed) {
        names.add(LATENCY);
      }
      return names;
    }
  }

  /** Returns what a pruning was told and its result depends on, by key. */
  public static Map<String, String> used(Settings settings) {
    Map<String, String> used = new LinkedHashMap<>(settings.recorded());
    used.remove(PruneKeys.ALGORITHM.name()); // told by itself
    return used;
  }

  /** The axes of an architecture that may be cut, by their names. */
  public static Map<String, Axis> prunable(Architecture architecture) {
    var axes = new LinkedHashMap<String, Axis>();
    architecture.prunableAxes().forEach(axis -> axes.put(axis.name(), axis));
    return axes;
  }

  public StageReport report(String algorithm, String version, List<String> loadsIn) {
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
    axes.forEach(
        (name, axis) ->
            change.put("widths." + name, axis.units() + " -> " + outcome.kept().width(axis)));
    change.putAll(settings);
    return change;
  }

  private List<Metric> metrics() {
    MeasuredModel before = outcome.before();
    var metrics = new ArrayList<Metric>();
    for (Quantity quantity : EXACT) {
      if (quantity.isKnownIn(before.cost())) {
        metrics.add(exact(quantity));
      }
      if (quantity == Quantity.FLOPS) {
        tokens.ifPresent(length -> metrics.add(perToken(length)));
      }
    }
    before.measures().forEach(measure -> metrics.add(judged(measure)));
    outcome
        .after()
        .latency()
        .ifPresent(after -> before.latency().ifPresent(from -> metrics.add(latency(from, after))));
    return metrics;
  }

  private static Metric latency(Latency before, Latency after) {
    return new Metric(
        LATENCY,
        "milliseconds",
        OptionalDouble.of(before.medianMillis()),
        OptionalDouble.of(after.medianMillis()),
        false,
        Optional.empty(),
        OptionalLong.of(after.repetitions()));
  }

  private Metric exact(Quantity quantity) {
    boolean bytes = quantity == Quantity.BYTES || quantity == Quantity.MEMORY;
    return Metric.exact(
        quantity.key(),
        bytes ? "bytes" : "count",
        (double) quantity.of(outcome.before().cost()),
        (double) quantity.of(outcome.after().cost()));
  }

  private Metric perToken(int length) {
    return Metric.exact(
        Constraints.FLOPS_PER_TOKEN,
        "count",
        (double) outcome.before().cost().flops() / length,
        (double) outcome.after().cost().flops() / length);
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
