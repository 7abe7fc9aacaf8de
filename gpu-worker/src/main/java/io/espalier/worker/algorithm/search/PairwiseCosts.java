package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.CostTerm.Part;
import io.espalier.worker.algorithm.search.CostTerm.Side;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * The bounded quantities of a search space as tables over its choices: one value per choice of an
 * axis, and one per pair of choices of two axes that meet in a layer or tensor.
 *
 * <p>A layer costs its outputs times its inputs, so that even joined inputs, being sums, fall apart
 * into pairs. What does not (the latency of a layer with joined inputs, elements packed in bytes)
 * is kept as a term of its own. Every value is an exact whole number.
 */
final class PairwiseCosts {
  /** A term of three axes or more that is no sum of pairs. */
  static final class Rest {
    final int quantity;
    final CostTerm.Form form;
    final long[] fixed;

    /** Indices per unit of an axis, {@code [side][axis]}. */
    final int[][] perUnit;

    private Rest(int quantity, CostTerm term, int axes) {
      this.quantity = quantity;
      this.form = term.form();
      this.fixed = term.sides().stream().mapToLong(Side::fixed).toArray();
      this.perUnit = new int[fixed.length][axes];
      for (int side = 0; side < fixed.length; side++) {
        for (Part part : term.sides().get(side).parts()) {
          perUnit[side][part.axis()] += part.perUnit();
        }
      }
    }

    private boolean hasAxis(int axis) {
      return Arrays.stream(perUnit).anyMatch(side -> side[axis] > 0);
    }
  }

  /** Cost that no choice changes, by quantity. */
  final long[] base;

  /** {@code [quantity][axis][choice]}. */
  final long[][][] single;

  /**
   * {@code [quantity][pair][choice of the first * choices of the second + choice of the second]}.
   */
  final long[][][] pairs;

  /** Axes that meet an axis. */
  final int[][] neighbours;

  /** Position of a pair, by its axes in any order; -1 if they do not meet. */
  final int[][] pairOf;

  final List<Rest> rests = new ArrayList<>();

  /** The positions of the terms that have an axis. */
  final int[][] restsOf;

  private final int[][] widths;
  private final List<long[][]> growing = new ArrayList<>();

  /**
   * Tables of a space.
   *
   * @param axes the axes to choose widths of; all others are whole
   */
  PairwiseCosts(List<Choices> axes, CostModel costs, Budget budget) {
    int quantities = budget.bounds().size();
    this.widths =
        axes.stream()
            .map(choices -> choices.widths().stream().mapToInt(Integer::intValue).toArray())
            .toArray(int[][]::new);
    this.base = new long[quantities];
    this.single = new long[quantities][widths.length][];
    this.pairOf = new int[widths.length][widths.length];
    Arrays.stream(pairOf).forEach(row -> Arrays.fill(row, -1));
    int[] variable = new int[costs.whole().length];
    Arrays.fill(variable, -1);
    for (int i = 0; i < widths.length; i++) {
      variable[costs.indexOf(axes.get(i).axis())] = i;
    }
    for (int q = 0; q < quantities; q++) {
      for (int i = 0; i < widths.length; i++) {
        single[q][i] = new long[widths[i].length];
      }
      Quantity quantity = budget.bounds().get(q).quantity();
      base[q] = costs.fixed(quantity);
      for (CostTerm term : costs.terms(quantity)) {
        add(q, overChoices(term, variable, costs.whole()));
      }
    }
    this.pairs = new long[quantities][growing.size()][];
    for (int pair = 0; pair < growing.size(); pair++) {
      for (int q = 0; q < quantities; q++) {
        pairs[q][pair] = growing.get(pair)[q];
      }
    }
    this.neighbours = neighboursByAxis();
    this.restsOf = restsByAxis();
  }

  /** Returns how many choices an axis has. */
  int choices(int axis) {
    return widths[axis].length;
  }

  /** Returns how many axes there are. */
  int axes() {
    return widths.length;
  }

  /** The width of a choice. */
  int width(int axis, int choice) {
    return widths[axis][choice];
  }

  /** Returns what a pair costs at a choice of each. */
  long pair(int quantity, int a, int choiceOfA, int b, int choiceOfB) {
    long[] table = pairs[quantity][pairOf[a][b]];
    return a < b
        ? table[choiceOfA * widths[b].length + choiceOfB]
        : table[choiceOfB * widths[a].length + choiceOfA];
  }

  private static CostTerm overChoices(CostTerm term, int[] variable, int[] whole) {
    var sides = new ArrayList<Side>();
    for (Side side : term.sides()) {
      long fixed = side.fixed();
      var parts = new ArrayList<Part>();
      for (Part part : side.parts()) {
        if (variable[part.axis()] >= 0) {
          parts.add(new Part(variable[part.axis()], part.perUnit()));
        } else {
          fixed += (long) whole[part.axis()] * part.perUnit();
        }
      }
      sides.add(new Side(parts, fixed));
    }
    return new CostTerm(List.copyOf(sides), term.form());
  }

  private void add(int q, CostTerm term) {
    var axes = new TreeSet<Integer>();
    term.sides().forEach(side -> side.parts().forEach(part -> axes.add(part.axis())));
    int[] present = axes.stream().mapToInt(Integer::intValue).toArray();
    long open = term.sides().stream().filter(side -> !side.parts().isEmpty()).count();
    if (present.length == 0) {
      base[q] += term.at(new int[0]);
    } else if (present.length == 1) {
      addSingle(q, term, present[0]);
    } else if (present.length == 2) {
      addPair(q, term, present[0], present[1]);
    } else if (term.form() instanceof CostTerm.Product && open <= 2) {
      expanded(term, 0).forEach(summand -> add(q, summand));
    } else {
      rests.add(new Rest(q, term, widths.length));
    }
  }

  private void addSingle(int q, CostTerm term, int axis) {
    int[] at = new int[widths.length];
    for (int c = 0; c < widths[axis].length; c++) {
      at[axis] = widths[axis][c];
      single[q][axis][c] += term.at(at);
    }
  }

  private void addPair(int q, CostTerm term, int a, int b) {
    if (pairOf[a][b] < 0) {
      pairOf[a][b] = growing.size();
      pairOf[b][a] = growing.size();
      growing.add(new long[base.length][widths[a].length * widths[b].length]);
    }
    long[] table = growing.get(pairOf[a][b])[q];
    int[] at = new int[widths.length];
    int position = 0;
    for (int widthOfA : widths[a]) {
      at[a] = widthOfA;
      for (int widthOfB : widths[b]) {
        at[b] = widthOfB;
        table[position++] += term.at(at);
      }
    }
  }

  /** A product of sums as products of single parts, from some side on. */
  private static List<CostTerm> expanded(CostTerm term, int from) {
    if (from == term.sides().size()) {
      return List.of(term);
    }
    Side side = term.sides().get(from);
    var summands = new ArrayList<Side>();
    if (side.fixed() != 0 || side.parts().isEmpty()) {
      summands.add(new Side(List.of(), side.fixed()));
    }
    side.parts().forEach(part -> summands.add(new Side(List.of(part), 0)));
    var terms = new ArrayList<CostTerm>();
    for (Side summand : summands) {
      var sides = new ArrayList<>(term.sides());
      sides.set(from, summand);
      terms.addAll(expanded(new CostTerm(List.copyOf(sides), term.form()), from + 1));
    }
    return terms;
  }

  private int[][] neighboursByAxis() {
    var all = new int[widths.length][];
    for (int a = 0; a < widths.length; a++) {
      int[] pair = pairOf[a];
      all[a] = java.util.stream.IntStream.range(0, pair.length).filter(b -> pair[b] >= 0).toArray();
    }
    return all;
  }

  private int[][] restsByAxis() {
    var all = new int[widths.length][];
    for (int a = 0; a < widths.length; a++) {
      int axis = a;
      all[a] =
          java.util.stream.IntStream.range(0, rests.size())
              .filter(rest -> rests.get(rest).hasAxis(axis))
              .toArray();
    }
    return all;
  }
}
