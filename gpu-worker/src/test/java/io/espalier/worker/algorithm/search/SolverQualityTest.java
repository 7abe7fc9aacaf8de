package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.convnet.ResnetArchitecture;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests of the local search without the branch and bound that mends it on small spaces. */
class SolverQualityTest {
  private static final int CASES = 2000;

  @Test
  void exchanges_alone_are_within_one_percent_of_the_best_in_99_of_100_searches() {
    long close =
        Instance.reachable(CASES)
            .filter(
                instance -> {
                  double best = instance.best(Objective.SUM).orElseThrow();
                  double found =
                      instance.solve(Objective.SUM, SolverProperties.EXCHANGES_ALONE).totalLoss();
                  return found <= 1.01 * best + 1e-9 * instance.scale();
                })
            .count();

    System.out.printf("exchanges alone: %d of %d within 1 %% of the best%n", close, CASES);
    assertThat(close).isGreaterThanOrEqualTo(CASES * 99 / 100);
  }

  @ParameterizedTest
  @CsvSource({"flops, 40%", "flops, 70%", "parameters, 50%", "bytes, 60%"})
  void on_a_large_space_the_sum_is_within_two_percent_of_its_lower_bound(
      String quantity, String bound) throws JsonProcessingException {
    Architecture architecture =
        ResnetArchitecture.of(
            new ObjectMapper()
                .readTree("{\"architecture\":\"resnet50\",\"input_size\":[3,224,224]}"),
            Map.of());
    SearchSpace space = SearchSpace.of(architecture, ChoiceRule.everyTwentieth(8));
    CostModel costs = CostModel.of(architecture);
    Budget budget = Constraints.parse(Map.of(quantity, bound)).budget(costs.cost(space.max()));

    for (long seed = 0; seed < 3; seed++) {
      Sensitivities losses = smooth(space, new Random(seed));
      Selection sum = Solver.select(space, costs, budget, losses, Objective.SUM);
      Selection max = Solver.select(space, costs, budget, losses, Objective.MAX);

      assertThat(budget.holds(sum.cost())).isTrue();
      assertThat(sum.totalLoss()).isBetween(sum.lowerBound(), 1.02 * sum.lowerBound());
      assertThat(max.totalLoss()).isGreaterThan(sum.totalLoss());
      assertThat(max.largestLoss()).isLessThanOrEqualTo(sum.largestLoss());
      assertThat(new Instance(space, costs, budget, losses).stepsWider(sum.widths()))
          .noneMatch(wider -> budget.holds(costs.cost(wider)));
    }
  }

  private static Sensitivities smooth(SearchSpace space, Random random) {
    var losses = new LinkedHashMap<String, double[]>();
    for (SearchSpace.Choices axis : space.axes()) {
      double[] values = new double[axis.widths().size()];
      double scale = Math.exp(random.nextGaussian());
      for (int i = values.length - 2; i >= 0; i--) {
        double cut = 1 - (double) axis.widths().get(i) / axis.axis().units();
        values[i] = Math.max(values[i + 1], scale * cut * cut * (0.8 + 0.4 * random.nextDouble()));
      }
      losses.put(axis.axis().name(), values);
    }
    return new Sensitivities(losses);
  }
}
