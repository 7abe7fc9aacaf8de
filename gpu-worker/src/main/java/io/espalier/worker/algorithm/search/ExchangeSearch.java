package io.espalier.worker.algorithm.search;

import java.util.SplittableRandom;

/**
 * Local search for the smallest sum of losses: widens an axis, and narrows another just as much as
 * the budget then asks for, as long as that gains.
 *
 * <p>Where no exchange gains, some axes are set at random and the model is brought back into the
 * budget (iterated local search). The random numbers are always the same.
 */
final class ExchangeSearch {
  private static final long SEED = 0x5EED;
  private static final int MOST_PERTURBED = 4;

  private final Problem problem;
  private final SearchState point;
  private final Fitting fitting;

  ExchangeSearch(SearchState point) {
    this.point = point;
    this.problem = point.problem;
    this.fitting = new Fitting(point);
  }

  /** Improves the model, which must be within the budget, until no exchange gains. */
  void improve() {
    fitting.widen();
    boolean gained = true;
    while (gained) {
      gained = false;
      for (int axis = 0; axis < problem.size(); axis++) {
        gained |= exchange(axis);
      }
      if (gained) {
        fitting.widen();
      }
    }
  }

  /** Improves the model, and from there in rounds with a random change each. */
  void improve(int rounds) {
    improve();
    int[] best = point.chosen.clone();
    var random = new SplittableRandom(SEED);
    for (int round = 0; round < rounds; round++) {
      perturb(random);
      fitting.narrow();
      improve();
      if (problem.isBetter(point.chosen, best)) {
        best = point.chosen.clone();
      } else {
        point.moveTo(best);
      }
    }
  }

  private void perturb(SplittableRandom random) {
    int axes = 1 + random.nextInt(Math.min(MOST_PERTURBED, problem.size()));
    for (int i = 0; i < axes; i++) {
      int axis = random.nextInt(problem.size());
      point.move(axis, random.nextInt(problem.costs.choices(axis)));
    }
  }

  /** Widens one axis at the cost of another, the best way there is, if that gains. */
  private boolean exchange(int axis) {
    double[] losses = problem.losses[axis];
    int now = point.chosen[axis];
    var best = new Exchange(-1, 0, 0, problem.tolerance());
    for (int wider = now + 1; wider < losses.length; wider++) {
      double gain = losses[now] - losses[wider];
      if (gain <= best.gain) {
        continue;
      }
      for (int other = 0; other < problem.size(); other++) {
        int narrower = other == axis ? -1 : justNarrowEnough(axis, wider, other, gain - best.gain);
        if (narrower >= 0) {
          double lost =
              problem.losses[other][narrower] - problem.losses[other][point.chosen[other]];
          best = new Exchange(other, wider, narrower, gain - lost);
        }
      }
    }
    if (best.other < 0) {
      return false;
    }
    point.move(best.other, best.narrower);
    point.move(axis, best.wider);
    return true;
  }

  private record Exchange(int other, int wider, int narrower, double gain) {}

  /** The widest choice of another axis that pays for a wider one, if it loses less than allowed. */
  private int justNarrowEnough(int axis, int wider, int other, double allowed) {
    double[] losses = problem.losses[other];
    int now = point.chosen[other];
    int least = now;
    while (least > 0 && losses[least - 1] - losses[now] < allowed) {
      least--;
    }
    if (least == now || !point.fits(axis, wider, other, least)) {
      return -1;
    }
    int fitting = least;
    while (fitting + 1 < now && point.fits(axis, wider, other, fitting + 1)) {
      fitting++;
    }
    return fitting;
  }
}
