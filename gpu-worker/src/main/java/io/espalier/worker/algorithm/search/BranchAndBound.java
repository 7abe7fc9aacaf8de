package io.espalier.worker.algorithm.search;

import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Looks through all models that could lose less than the best known one, depth first, up to a
 * number of nodes. Ends by itself on small spaces, and has then proven the best.
 *
 * <p>A choice is left out if the model does not fit with all later axes at their narrowest, or if
 * its lower bound is no better than the best known: that of the priced costs where there is an
 * {@link Elimination}, else the losses of the widest choices that each later axis could have alone.
 */
final class BranchAndBound {
  private final Problem problem;
  private final SearchState point;
  private final Optional<Elimination> elimination;
  private final int[] order;
  private final long mostNodes;
  private int[] best;
  private double bestLoss;
  private long nodes;

  /**
   * A search.
   *
   * @param known a model within the budget
   * @param mostNodes nodes to look at, at most
   */
  BranchAndBound(
      SearchState point, Optional<Elimination> elimination, int[] known, long mostNodes) {
    this.point = point;
    this.problem = point.problem;
    this.elimination = elimination;
    this.mostNodes = mostNodes;
    this.best = known;
    this.bestLoss = problem.totalLoss(known);
    this.order =
        elimination
            .map(e -> IntStream.range(0, problem.size()).map(e::axisAt).toArray())
            .orElseGet(this::mostLosingFirst);
  }

  /** Searches; whether nothing was left out for want of nodes. */
  boolean run() {
    point.moveTo(new int[problem.size()]);
    descend(0, elimination.map(Elimination::lowest).orElse(0.0), 0);
    return nodes < mostNodes;
  }

  /** The best model known. */
  int[] best() {
    return best.clone();
  }

  /** Nodes looked at. */
  long nodes() {
    return nodes;
  }

  private int[] mostLosingFirst() {
    return IntStream.range(0, problem.size())
        .boxed()
        .sorted(Comparator.comparingDouble(axis -> -problem.losses[axis][0]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private void descend(int depth, double bound, double loss) {
    if (depth == order.length) {
      // a priced bound lies below the loss of a model within the budget, so it has not decided yet
      if (canWin(loss)) {
        best = point.chosen.clone();
        bestLoss = loss;
      }
      return;
    }
    int axis = order[depth];
    double[] losses = problem.losses[axis];
    double[] bounds = new double[losses.length];
    double[] increments =
        elimination.isPresent() ? elimination.get().increments(axis, point.chosen) : losses;
    for (int c = 0; c < losses.length; c++) {
      bounds[c] = elimination.isPresent() ? bound + increments[c] : loss + losses[c];
    }
    for (int c : ascending(bounds)) {
      if (nodes >= mostNodes || !canWin(bounds[c])) {
        break;
      }
      if (point.fits(axis, c)) {
        nodes++;
        point.move(axis, c);
        if (elimination.isPresent() || canWin(loss + losses[c] + least(depth + 1))) {
          descend(depth + 1, bounds[c], loss + losses[c]);
        }
      }
    }
    point.move(axis, 0);
  }

  private boolean canWin(double bound) {
    return bound < bestLoss - problem.tolerance();
  }

  /**
   * Returns what later axes lose if each has the widest choice that fits while the others are
   * narrow.
   */
  private double least(int from) {
    double least = 0;
    for (int depth = from; depth < order.length; depth++) {
      int axis = order[depth];
      int c = problem.losses[axis].length - 1;
      while (c > 0 && !point.fits(axis, c)) {
        c--;
      }
      least += problem.losses[axis][c];
    }
    return least;
  }

  private static int[] ascending(double[] values) {
    int[] sorted = IntStream.range(0, values.length).toArray();
    for (int i = 1; i < sorted.length; i++) {
      int moved = sorted[i];
      int j = i;
      // of equal bounds the widest first
      while (j > 0 && values[sorted[j - 1]] >= values[moved]) {
        sorted[j] = sorted[j - 1];
        j--;
      }
      sorted[j] = moved;
    }
    return sorted;
  }
}
