package io.espalier.worker.algorithm.search;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How good the local search is without the branch and bound that mends it on small spaces. */
class SolverQualityTest {
  private static final int CASES = 2000;

  @Test
  void exchanges_alone_are_within_one_percent_of_the_best_in_99_of_100_searches() {
    long close =
        Instance.reachable(CASES)
            .filter(
                instance -> {
                  double best = instance.best(Objective.SUM).orElseThrow();
                  double found = instance.solve(Objective.SUM, SolverProperties.EXCHANGES_ALONE).totalLoss();
                  return found <= 1.01 * best + 1e-9 * instance.scale();
                })
            .count();

    System.out.printf("exchanges alone: %d of %d within 1 %% of the best%n", close, CASES);
    assertThat(close).isGreaterThanOrEqualTo(CASES * 99 / 100);
  }
}
