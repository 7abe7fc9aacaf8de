package io.espalier.worker.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Objective;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Selection;
import io.espalier.worker.algorithm.search.Sensitivities;
import io.espalier.worker.algorithm.search.Solver;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.convnet.ResnetArchitecture;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Time of the solver on the search space of a ResNet-152, and the largest distance of its result
 * from the best.
 *
 * <p>Run with the test class path; argument: number of rounds, of which the fastest counts (5).
 */
public final class SolverBenchmark {
  private static final double NANOS_PER_MILLISECOND = 1e6;
  private static final List<Map<String, String>> CONSTRAINTS =
      List.of(
          Map.of("flops", "40%"),
          Map.of("flops", "60%"),
          Map.of("flops", "80%"),
          Map.of("flops", "60%", "parameters", "55%"));

  private SolverBenchmark() {}

  /** Prints a table. */
  public static void main(String[] args) throws JsonProcessingException {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    var system = ManagementFactory.getOperatingSystemMXBean();
    System.out.printf(
        Locale.ROOT,
        "%s %s, %d cores, load %.2f, Java %s%n",
        system.getName(),
        system.getArch(),
        system.getAvailableProcessors(),
        system.getSystemLoadAverage(),
        System.getProperty("java.version"));
    Architecture architecture =
        ResnetArchitecture.of(
            new ObjectMapper()
                .readTree("{\"architecture\":\"resnet152\",\"input_size\":[3,224,224]}"),
            Map.of());
    CostModel costs = CostModel.of(architecture);
    for (int divisor : new int[] {32, 8}) {
      SearchSpace space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(divisor));
      System.out.printf(
          Locale.ROOT,
          "%n%s, divisor %d: %d axes with a choice, %.2e models%n",
          architecture.name(),
          divisor,
          space.configurable().size(),
          space.size().doubleValue());
      for (double grain : new double[] {1.0 / 2000, 1e-9}) {
        System.out.printf(Locale.ROOT, "losses in steps of %s%n", grain);
        Sensitivities losses = losses(space, grain, new Random(1));
        for (Map<String, String> asked : CONSTRAINTS) {
          for (Objective objective : Objective.values()) {
            run(space, costs, asked, losses, objective, rounds);
          }
        }
      }
    }
  }

  private static void run(
      SearchSpace space,
      CostModel costs,
      Map<String, String> asked,
      Sensitivities losses,
      Objective objective,
      int rounds) {
    var budget = Constraints.parse(asked).budget(costs.cost(space.max()));
    long fastest = Long.MAX_VALUE;
    Selection selection = Solver.select(space, costs, budget, losses, objective);
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      selection = Solver.select(space, costs, budget, losses, objective);
      fastest = Math.min(fastest, System.nanoTime() - start);
    }
    double bound = selection.lowerBound();
    double value = objective == Objective.SUM ? selection.totalLoss() : selection.largestLoss();
    System.out.printf(
        Locale.ROOT,
        "%-32s %-3s %8.1f ms  sum %.6f  largest %.6f  %s  %d steps%n",
        asked,
        objective.key(),
        fastest / NANOS_PER_MILLISECOND,
        selection.totalLoss(),
        selection.largestLoss(),
        selection.provenOptimal()
            ? "proven best"
            : String.format(
                Locale.ROOT, "at most %.3f %% over the best", 100 * (value / bound - 1)),
        selection.steps());
  }

  /** Losses that fall with the width, of very different sizes, with noise, and rounded. */
  private static Sensitivities losses(SearchSpace space, double grain, Random random) {
    var losses = new LinkedHashMap<String, double[]>();
    for (SearchSpace.Choices axis : space.axes()) {
      double[] values = new double[axis.widths().size()];
      double scale = 0.02 * Math.exp(random.nextGaussian());
      double power = 1 + 2 * random.nextDouble();
      for (int i = values.length - 2; i >= 0; i--) {
        double cut = 1 - (double) axis.widths().get(i) / axis.axis().units();
        double smooth = scale * Math.pow(cut, power) * (0.8 + 0.4 * random.nextDouble());
        values[i] = Math.max(values[i + 1], Math.round(smooth / grain) * grain);
      }
      losses.put(axis.axis().name(), values);
    }
    return new Sensitivities(losses);
  }
}
