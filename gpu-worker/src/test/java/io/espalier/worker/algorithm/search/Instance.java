package io.espalier.worker.algorithm.search;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** A small search at random, and its solution by trying every model. */
record Instance(SearchSpace space, CostModel costs, Budget budget, Sensitivities losses) {
  private static final int MOST_MODELS = 3000;

  /** A search whose budget some model meets. */
  static Instance reachable(long seed) {
    return of(seed, true);
  }

  /** A search whose budget may be out of reach. */
  static Instance any(long seed) {
    return of(seed, false);
  }

  private static Instance of(long seed, boolean reachable) {
    var random = new Random(seed);
    while (true) {
      Architecture architecture = RandomNetworks.of(2 + random.nextInt(5), random);
      var rule = new ChoiceRule(List.of(0.25, 0.5, 0.75), 1 + random.nextInt(4));
      SearchSpace space = SearchSpace.of(architecture, rule);
      if (space.size().longValueExact() <= MOST_MODELS && !space.configurable().isEmpty()) {
        int bits = random.nextInt(3) == 0 ? 4 : 32;
        CostModel costs =
            CostModel.of(architecture, tensor -> bits, random.nextInt(100))
                .withLatency(RandomNetworks.latency(architecture, random))
                .withMemory(outputs(architecture), 1 + random.nextInt(9));
        Budget budget = budget(space, costs, random, reachable);
        return new Instance(space, costs, budget, losses(space, random));
      }
    }
  }

  private static List<Dimension> outputs(Architecture architecture) {
    return architecture.layers().stream().map(Layer::out).toList();
  }

  private static Budget budget(
      SearchSpace space, CostModel costs, Random random, boolean reachable) {
    var quantities = new ArrayList<>(List.of(Quantity.values()));
    java.util.Collections.shuffle(quantities, random);
    var bounds = new ArrayList<Budget.Bound>();
    for (Quantity quantity : quantities.subList(0, 1 + random.nextInt(3))) {
      long min = quantity.of(costs.cost(space.min()));
      long max = quantity.of(costs.cost(space.max()));
      double part = reachable ? random.nextDouble() : 1.2 * random.nextDouble() - 0.2;
      long limit = Math.max(1, min + (long) ((max - min) * part));
      bounds.add(new Budget.Bound(quantity, "any", limit));
    }
    return new Budget(bounds);
  }

  /** Falling losses, of many kinds: flat, with plateaus and ties, smooth, tiny. */
  private static Sensitivities losses(SearchSpace space, Random random) {
    var losses = new LinkedHashMap<String, double[]>();
    int kind = random.nextInt(4);
    double scale = random.nextInt(5) == 0 ? 0x1p-40 : 1;
    for (SearchSpace.Choices axis : space.axes()) {
      double[] values = new double[axis.widths().size()];
      for (int i = values.length - 2; i >= 0; i--) {
        double step =
            switch (kind) {
              case 0 -> random.nextInt(3) * 0.125;
              case 1 -> random.nextInt(3) == 0 ? 0.25 : 0;
              case 2 -> random.nextInt(1 << 20) * 0x1p-20;
              default -> random.nextInt(8) * (random.nextInt(4) == 0 ? 4.0 : 0.125);
            };
        values[i] = values[i + 1] + scale * step;
      }
      losses.put(axis.axis().name(), values);
    }
    return new Sensitivities(losses);
  }

  Selection solve(Objective objective) {
    return Solver.select(space, costs, budget, losses, objective);
  }

  Selection solve(Objective objective, Solver.Effort effort) {
    return Solver.select(
        Problem.of(space, costs, budget, losses), objective, effort, Optional.empty());
  }

  /** The smallest value of the objective within the budget; empty if nothing is. */
  Optional<Double> best(Objective objective) {
    int[] widths = costs.whole();
    return best(objective, 0, widths, 0, losses.losses());
  }

  private Optional<Double> best(
      Objective objective, int from, int[] widths, double value, Map<String, double[]> all) {
    if (from == space.axes().size()) {
      return budget.holds(costs.cost(widths)) ? Optional.of(value) : Optional.empty();
    }
    SearchSpace.Choices axis = space.axes().get(from);
    Optional<Double> best = Optional.empty();
    for (int c = 0; c < axis.widths().size(); c++) {
      widths[costs.indexOf(axis.axis())] = axis.widths().get(c);
      double loss = all.get(axis.axis().name())[c];
      double next = objective == Objective.SUM ? value + loss : Math.max(value, loss);
      Optional<Double> found = best(objective, from + 1, widths, next, all);
      if (found.isPresent() && (best.isEmpty() || found.get() < best.get())) {
        best = found;
      }
    }
    return best;
  }

  double value(Objective objective, Widths widths) {
    var all = losses.losses();
    return space.axes().stream()
        .map(axis -> all.get(axis.axis().name())[axis.widths().indexOf(widths.of(axis.axis()))])
        .reduce(0.0, objective == Objective.SUM ? Double::sum : Double::max);
  }

  /** Returns what all axes at their narrowest lose. */
  double scale() {
    return value(Objective.SUM, space.min());
  }

  /** The models that are one step wider in one axis. */
  List<Widths> stepsWider(Widths widths) {
    var wider = new ArrayList<Widths>();
    for (SearchSpace.Choices axis : space.axes()) {
      int at = axis.widths().indexOf(widths.of(axis.axis()));
      if (at + 1 < axis.widths().size()) {
        var units = new LinkedHashMap<>(widths.units());
        units.put(axis.axis().name(), axis.widths().get(at + 1));
        wider.add(new Widths(units));
      }
    }
    return wider;
  }

  List<Widths> models() {
    List<Widths> models = List.of(space.max());
    for (SearchSpace.Choices axis : space.axes()) {
      models =
          models.stream()
              .flatMap(model -> axis.widths().stream().map(width -> with(model, axis, width)))
              .toList();
    }
    return models;
  }

  private static Widths with(Widths model, SearchSpace.Choices axis, int width) {
    var units = new LinkedHashMap<>(model.units());
    units.put(axis.axis().name(), width);
    return new Widths(units);
  }

  /** Searches with the seeds from 0 on. */
  static Stream<Instance> reachable(int count) {
    return java.util.stream.LongStream.range(0, count).mapToObj(Instance::reachable);
  }
}
