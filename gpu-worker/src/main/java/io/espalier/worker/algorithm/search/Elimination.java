package io.espalier.worker.algorithm.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Minimises the losses plus priced costs of all models exactly, by dynamic programming over the
 * axes.
 *
 * <p>Theory. With a price for each bounded quantity, a model's losses plus its priced costs are a
 * sum of functions of one and of two axes. An axis is eliminated by replacing all summands that it
 * is in by their minimum over its choices, a function of the axes it met (Bertelè and Brioschi,
 * Nonserial Dynamic Programming, 1972). Along chains and residual streams these are few; where they
 * are many, as behind concatenations, there is no elimination of bearable size. The minimum, less
 * the priced limits, is a lower bound of the loss of every model within the budget; and the table
 * of an axis says what each of its choices adds at least to that bound, once the axes it met are
 * chosen.
 */
final class Elimination {
  private static final int LARGEST_TABLE = 1 << 18;
  private static final int ALL_TABLES = 1 << 21;

  private final Problem problem;

  /** Axes in the order of elimination. */
  private final int[] order;

  /** For each axis those it meets when it is eliminated, ascending. */
  private final int[][] met;

  /** For each axis, the axes whose tables are added when it is eliminated. */
  private final List<List<Integer>> sources = new ArrayList<>();

  /** For each axis {@code [choices of the axes it met][own choice]}. */
  private final double[][] tables;

  private double lowest;

  private Elimination(Problem problem, int[] order, int[][] met) {
    this.problem = problem;
    this.order = order;
    this.met = met;
    this.tables = new double[order.length][];
    int[] position = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      position[order[i]] = i;
      sources.add(new ArrayList<>());
    }
    for (int axis : order) {
      int first = -1;
      for (int other : met[axis]) {
        first = first < 0 || position[other] < position[first] ? other : first;
      }
      if (first >= 0) {
        sources.get(first).add(axis);
      }
      tables[axis] = new double[tableSize(problem, met[axis]) * problem.costs.choices(axis)];
    }
  }

  /** An elimination, if its tables are of bearable size. */
  static Optional<Elimination> of(Problem problem) {
    int size = problem.size();
    if (!problem.costs.rests.isEmpty()) {
      return Optional.empty();
    }
    List<Set<Integer>> graph = graph(problem);
    int[] order = new int[size];
    int[][] met = new int[size][];
    var left = new TreeSet<Integer>();
    for (int i = 0; i < size; i++) {
      left.add(i);
    }
    long all = 0;
    for (int i = 0; i < size; i++) {
      int axis = cheapest(problem, graph, left);
      met[axis] = graph.get(axis).stream().mapToInt(Integer::intValue).toArray();
      long table = (long) tableSize(problem, met[axis]) * problem.costs.choices(axis);
      all += table;
      if (table > LARGEST_TABLE || all > ALL_TABLES) {
        return Optional.empty();
      }
      order[i] = axis;
      left.remove(axis);
      connect(graph, axis, met[axis]);
    }
    return Optional.of(new Elimination(problem, order, met));
  }

  /** Returns which axes meet which. */
  private static List<Set<Integer>> graph(Problem problem) {
    var graph = new ArrayList<Set<Integer>>();
    for (int[] neighbours : problem.costs.neighbours) {
      Set<Integer> set = new TreeSet<>();
      for (int neighbour : neighbours) {
        set.add(neighbour);
      }
      graph.add(set);
    }
    return graph;
  }

  /** Takes an axis out, after which all that it met meet one another. */
  private static void connect(List<Set<Integer>> graph, int axis, int[] met) {
    for (int a : met) {
      graph.get(a).remove(axis);
      for (int b : met) {
        if (a != b) {
          graph.get(a).add(b);
        }
      }
    }
  }

  private static int cheapest(Problem problem, List<Set<Integer>> graph, Set<Integer> left) {
    int best = -1;
    double smallest = Double.POSITIVE_INFINITY;
    for (int axis : left) {
      double size = problem.costs.choices(axis);
      for (int other : graph.get(axis)) {
        size *= problem.costs.choices(other);
      }
      if (size < smallest) {
        best = axis;
        smallest = size;
      }
    }
    return best;
  }

  private static int tableSize(Problem problem, int[] axes) {
    double size = 1;
    for (int axis : axes) {
      size *= problem.costs.choices(axis);
    }
    return (int) Math.min(LARGEST_TABLE, size);
  }

  /** Computes the tables for prices per bound, each of its whole limit. */
  void price(double[] prices) {
    double constant = 0;
    for (int q = 0; q < prices.length; q++) {
      constant += prices[q] * (problem.costs.base[q] - (double) problem.limits[q]) / limit(q);
    }
    for (int axis : order) {
      double[] table = tables[axis];
      java.util.Arrays.fill(table, 0);
      int[] scope = scope(axis);
      spread(table, scope, new int[] {axis}, singles(axis, prices));
      for (int other : met[axis]) {
        if (problem.costs.pairOf[axis][other] >= 0) {
          boolean first = other < axis;
          int[] pair = first ? new int[] {other, axis} : new int[] {axis, other};
          spread(table, scope, pair, pairs(pair[0], pair[1], prices));
        }
      }
      for (int source : sources.get(axis)) {
        spread(table, scope, met[source], minima(source));
      }
      if (met[axis].length == 0) {
        constant += minima(axis)[0];
      }
    }
    lowest = constant;
  }

  /** The lower bound that the prices lead to. */
  double lowest() {
    return lowest;
  }

  /** The axis to choose at some depth, so that the axes it met are chosen before. */
  int axisAt(int depth) {
    return order[order.length - 1 - depth];
  }

  /** Returns what each choice of an axis adds to the bound, with the axes it met as chosen. */
  double[] increments(int axis, int[] chosen) {
    int choices = problem.costs.choices(axis);
    int row = 0;
    for (int other : met[axis]) {
      row = row * problem.costs.choices(other) + chosen[other];
    }
    double[] increments =
        java.util.Arrays.copyOfRange(tables[axis], row * choices, (row + 1) * choices);
    double least = java.util.Arrays.stream(increments).min().orElse(0);
    for (int c = 0; c < choices; c++) {
      increments[c] -= least;
    }
    return increments;
  }

  /** The model at which the minimum is; of equal choices the widest. */
  int[] minimiser() {
    int[] chosen = new int[order.length];
    for (int depth = 0; depth < order.length; depth++) {
      int axis = axisAt(depth);
      double[] increments = increments(axis, chosen);
      for (int c = 0; c < increments.length; c++) {
        if (increments[c] <= 0) {
          chosen[axis] = c;
        }
      }
    }
    return chosen;
  }

  private double limit(int q) {
    return Math.max(1, problem.limits[q]);
  }

  private double[] singles(int axis, double[] prices) {
    double[] values = problem.losses[axis].clone();
    for (int q = 0; q < prices.length; q++) {
      for (int c = 0; c < values.length; c++) {
        values[c] += prices[q] * problem.costs.single[q][axis][c] / limit(q);
      }
    }
    return values;
  }

  private double[] pairs(int a, int b, double[] prices) {
    int pair = problem.costs.pairOf[a][b];
    double[] values = new double[problem.costs.choices(a) * problem.costs.choices(b)];
    for (int q = 0; q < prices.length; q++) {
      double price = prices[q] / limit(q);
      long[] table = problem.costs.pairs[q][pair];
      for (int i = 0; i < values.length; i++) {
        values[i] += price * table[i];
      }
    }
    return values;
  }

  /** The minimum over the choices of an axis, for all choices of those it met. */
  private double[] minima(int axis) {
    int choices = problem.costs.choices(axis);
    double[] table = tables[axis];
    double[] minima = new double[table.length / choices];
    for (int row = 0; row < minima.length; row++) {
      double least = table[row * choices];
      for (int c = 1; c < choices; c++) {
        least = Math.min(least, table[row * choices + c]);
      }
      minima[row] = least;
    }
    return minima;
  }

  /** The axes of a table: those it met, and the axis itself as the one that runs fastest. */
  private int[] scope(int axis) {
    int[] scope = java.util.Arrays.copyOf(met[axis], met[axis].length + 1);
    scope[scope.length - 1] = axis;
    return scope;
  }

  /** Adds the values of some of a table's axes to all of it. */
  private void spread(double[] table, int[] scope, int[] axes, double[] values) {
    int[] strides = new int[scope.length];
    int stride = 1;
    for (int i = axes.length - 1; i >= 0; i--) {
      for (int s = 0; s < scope.length; s++) {
        if (scope[s] == axes[i]) {
          strides[s] = stride;
        }
      }
      stride *= problem.costs.choices(axes[i]);
    }
    int[] counter = new int[scope.length];
    int last = scope.length - 1;
    int inner = problem.costs.choices(scope[last]);
    int at = 0;
    for (int start = 0; start < table.length; start += inner) {
      for (int c = 0; c < inner; c++) {
        table[start + c] += values[at + c * strides[last]];
      }
      for (int s = last - 1; s >= 0; s--) {
        at += strides[s];
        if (++counter[s] < problem.costs.choices(scope[s])) {
          break;
        }
        at -= counter[s] * strides[s];
        counter[s] = 0;
      }
    }
  }
}
