package io.espalier.worker.stage;

import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.WidthFact;
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
import io.espalier.worker.domain.model.Kept;
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
 * Summary for whoever ordered a pruning, whatever it went by.
 *
 * @param widths that are told
 * @param settings what the algorithm was told, by name
 * @param dataset where the data lie that it was judged by
 * @param tokens of the sequence that operations are those of, if each token has a part of them
 */
public record PruningSummary(
    PruningOutcome<?> outcome,
    List<Width> widths,
    Map<String, String> settings,
    URI dataset,
    OptionalInt tokens) {
  public static final String LATENCY = "latencyMillis";

  /** Exact quantities of any model, and its possible costs. */
  private static final List<Quantity> EXACT =
      List.of(Quantity.PARAMETERS, Quantity.FLOPS, Quantity.BYTES, Quantity.MEMORY);

  /**
   * Metrics that a pruning reports.
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

  /**
   * A width that is told.
   *
   * @param axis as it was, under the name that it is told by
   * @param after how many units stay
   */
  public record Width(Axis axis, int after) {
    private WidthFact fact() {
      return new WidthFact(axis.name(), axis.kind().key(), axis.module(), axis.units(), after);
    }
  }

  /** Returns the widths of the axes of an architecture that may be cut. */
  public static List<Width> prunable(Architecture architecture, Kept kept) {
    return architecture.prunableAxes().stream()
        .map(axis -> new Width(axis, kept.width(axis)))
        .toList();
  }

  /** Returns the report of a pruning that compared no whole models. */
  public StageReport report(String algorithm, String version, List<String> loadsIn) {
    return report(algorithm, version, loadsIn, List.of());
  }

  /**
   * Returns the report of a pruning.
   *
   * @param candidates models that it compared
   */
  public StageReport report(
      String algorithm, String version, List<String> loadsIn, List<CandidateFact> candidates) {
    var facts =
        new ChangeFacts(
            widths.stream().map(Width::fact).toList(),
            outcome.budget().bounds().stream().map(this::constraint).toList(),
            candidates);
    return new StageReport(
        algorithm, version, change(), metrics(), loadsIn, outcome.device(), facts);
  }

  private ConstraintFact constraint(Budget.Bound bound) {
    Quantity quantity = bound.quantity();
    boolean exact = quantity != Quantity.LATENCY; // times are not the same each time
    return new ConstraintFact(
        quantity.key(),
        bound.asked(),
        exact ? OptionalLong.of(bound.limit()) : OptionalLong.empty(),
        exact ? OptionalLong.of(quantity.of(outcome.after().cost())) : OptionalLong.empty());
  }

  private Map<String, String> change() {
    var change = new LinkedHashMap<String, String>();
    for (Budget.Bound bound : outcome.budget().bounds()) {
      ConstraintFact fact = constraint(bound);
      String key = "constraints." + fact.quantity();
      change.put(key + ".asked", fact.asked());
      fact.limit().ifPresent(limit -> change.put(key + ".limit", Long.toString(limit)));
      fact.reached().ifPresent(reached -> change.put(key + ".reached", Long.toString(reached)));
    }
    for (Width width : widths) {
      change.put("widths." + width.axis().name(), width.axis().units() + " -> " + width.after());
    }
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
