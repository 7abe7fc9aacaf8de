package io.espalier.worker.report;

import io.espalier.gate.BudgetForecast;
import io.espalier.gate.BudgetForecast.Basis;
import io.espalier.gate.Gate;
import io.espalier.gate.GateEvaluation;
import io.espalier.gate.GateResult;
import io.espalier.gate.GateRule;
import io.espalier.gate.GatedMetric;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.report.StoredReport.Asked;
import io.espalier.worker.report.StoredReport.Foretold;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Looks for the budget next to one that failed at gates which is foretold to pass all of them.
 *
 * <p>Where the search has foretold losses for other budgets, a metric is taken to get worse in
 * proportion to the foretold loss: by what was measured at the budget that was searched for, by
 * nothing at the original. Where it has not, in proportion to the cost that is saved, which says
 * too much loss for budgets between, since losses grow faster the more is cut.
 */
public final class BudgetForecasting {
  private static final String FLOPS = "flops";
  private static final int PERCENT = 100;

  /**
   * A model that there might be.
   *
   * @param cost by quantity
   * @param part of the losses of the result that it has; 0 is the original, 1 the result
   */
  private record Point(Map<String, Long> cost, double part) {
    OptionalLong of(String quantity) {
      Long known = cost.get(quantity);
      return known == null ? OptionalLong.empty() : OptionalLong.of(known);
    }
  }

  private final StoredReport report;
  private final List<Gate> gates;
  private final Map<String, Metric> metrics;
  private final String quantity;

  private BudgetForecasting(StoredReport report, List<Gate> gates) {
    this.report = report;
    this.gates = gates;
    this.metrics =
        report.metrics().stream()
            .filter(metric -> metric.before().isPresent() && metric.after().isPresent())
            .collect(Collectors.toMap(Metric::name, metric -> metric));
    this.quantity =
        report.constraints().stream()
            .map(Asked::quantity)
            .filter(metrics::containsKey)
            .findFirst()
            .orElse(FLOPS);
  }

  /**
   * The budget; empty if nothing can be foretold, since gates look at what is not known.
   *
   * @param report of the result that failed
   * @param failed how it fared at every gate
   */
  public static Optional<BudgetForecast> of(StoredReport report, List<GateResult> failed) {
    var forecasting = new BudgetForecasting(report, failed.stream().map(GateResult::gate).toList());
    return forecasting.isPossible() ? Optional.of(forecasting.find(failed)) : Optional.empty();
  }

  /**
   * The same of a result that lies in a directory.
   *
   * @param directory of the result; a report there that cannot be understood, as of another
   *     version, foretells nothing
   */
  public static Optional<BudgetForecast> of(Path directory, List<GateResult> failed) {
    try {
      return of(StoredReport.read(directory), failed);
    } catch (InvalidInputException unreadable) {
      return Optional.empty();
    }
  }

  private boolean isPossible() {
    return metrics.containsKey(quantity)
        && before(quantity) > after(quantity)
        && gates.stream().allMatch(gate -> metrics.containsKey(gate.metric()));
  }

  private BudgetForecast find(List<GateResult> failed) {
    Basis basis = isCurveKnown() ? Basis.CURVE : Basis.LINE;
    return (basis == Basis.CURVE ? curve() : line())
        .stream()
            .filter(point -> cost(point) < before(quantity))
            .filter(this::passes)
            .min(Comparator.comparingDouble(point -> Math.abs(cost(point) - after(quantity))))
            .flatMap(point -> forecast(point, basis, failed))
            .orElse(BudgetForecast.none(basis));
  }

  private boolean isCurveKnown() {
    double loss = report.chosen().map(Foretold::loss).orElse(Double.NaN);
    return loss > 0
        && Double.isFinite(loss)
        && report.curve().stream().anyMatch(point -> point.cost().containsKey(quantity));
  }

  private List<Point> curve() {
    double loss = report.chosen().orElseThrow().loss();
    return report.curve().stream()
        .filter(point -> point.cost().containsKey(quantity) && Double.isFinite(point.loss()))
        .map(point -> new Point(point.cost(), point.loss() / loss))
        .toList();
  }

  /** In steps of a hundredth of the way from the result to the original. */
  private List<Point> line() {
    return IntStream.range(0, PERCENT)
        .mapToObj(step -> 1 - (double) step / PERCENT)
        .map(part -> new Point(costs(part), part))
        .toList();
  }

  private Map<String, Long> costs(double part) {
    Map<String, Long> costs = new HashMap<>();
    metrics.values().stream()
        .filter(metric -> metric.unit().equals("count") || metric.unit().equals("bytes"))
        .forEach(metric -> costs.put(metric.name(), (long) between(metric, part)));
    return costs;
  }

  private boolean passes(Point point) {
    List<GatedMetric> foretold =
        metrics.values().stream().map(each -> foretold(each, point)).toList();
    return GateEvaluation.of(gates, foretold, 0).stream().allMatch(GateResult::passed);
  }

  private GatedMetric foretold(Metric metric, Point point) {
    return new GatedMetric(
        metric.name(),
        metric.unit(),
        metric.before(),
        OptionalDouble.of(value(metric, point)),
        metric.higherIsBetter());
  }

  private double value(Metric metric, Point point) {
    OptionalLong cost = point.of(metric.name());
    if (cost.isPresent()) {
      return (double) cost.getAsLong();
    }
    double saved = (before(quantity) - cost(point)) / (before(quantity) - after(quantity));
    return between(metric, metric.dataset().isPresent() ? point.part() : saved);
  }

  private static double between(Metric metric, double part) {
    double before = metric.before().orElseThrow();
    return before + (metric.after().orElseThrow() - before) * part;
  }

  private Optional<BudgetForecast> forecast(Point point, Basis basis, List<GateResult> failed) {
    Map<String, String> constraints = new LinkedHashMap<>();
    for (Asked asked : report.constraints()) {
      Optional<String> bound = bound(asked, point);
      if (bound.isEmpty()) {
        return Optional.empty();
      }
      constraints.put(asked.quantity(), bound.get());
    }
    failed.stream()
        .filter(gate -> !gate.passed() && isSize(gate.gate()))
        .forEach(
            gate ->
                constraints.put(gate.gate().metric(), Long.toString((long) gate.gate().bound())));
    return Optional.of(new BudgetForecast(constraints, gated(point), basis));
  }

  /** Returns what a gate allows of a size can be asked for as it is. */
  private static boolean isSize(Gate gate) {
    return Set.of("bytes", "parameters", FLOPS).contains(gate.metric())
        && (gate.rule() == GateRule.MAX_BYTES || gate.rule() == GateRule.THRESHOLD);
  }

  /** Empty if the bound would let the whole model through, or the quantity is not foretold. */
  private Optional<String> bound(Asked asked, Point point) {
    OptionalLong cost = point.of(asked.quantity());
    if (cost.isEmpty() || !metrics.containsKey(asked.quantity())) {
      return Optional.empty();
    }
    long wanted = cost.getAsLong();
    boolean isSmaller = cost(point) < after(quantity);
    if (wanted <= asked.limit() && !isSmaller) {
      return Optional.of(asked.asked());
    }
    if (asked.asked().matches("[0-9]+")) {
      return Optional.of(Long.toString(wanted));
    }
    long percent = (long) Math.ceil(PERCENT * wanted / before(asked.quantity()));
    return percent < PERCENT ? Optional.of(percent + "%") : Optional.empty();
  }

  private List<GatedMetric> gated(Point point) {
    return gates.stream()
        .map(Gate::metric)
        .distinct()
        .map(name -> foretold(metric(name), point))
        .toList();
  }

  /** Of the quantity that is looked at, which every point knows. */
  private double cost(Point point) {
    return point.of(quantity).orElseThrow();
  }

  private double before(String metric) {
    return metric(metric).before().orElseThrow();
  }

  private double after(String metric) {
    return metric(metric).after().orElseThrow();
  }

  private Metric metric(String name) {
    return Objects.requireNonNull(metrics.get(name), name);
  }
}
