package io.espalier.worker.report.facts;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The scores of an axis' units: unit by unit, or from the best to the worst in parts of the axis.
 *
 * @param axis its name
 * @param cells one after another
 */
public record UnitRow(String axis, List<Cell> cells) {
  /** Into how many parts an axis of many units is divided at most. */
  private static final int MOST_PARTS = 64;

  /**
   * Units that are shown together.
   *
   * @param units how many they are
   * @param score their mean score
   * @param kept how many of them stay
   */
  public record Cell(int units, double score, int kept) {
    /** Units; at least one. */
    public Cell {
      if (units < 1 || kept < 0 || kept > units) {
        throw new IllegalArgumentException("%d of %d units are kept".formatted(kept, units));
      }
    }
  }

  /** A row; the list is copied. */
  public UnitRow {
    cells = List.copyOf(cells);
  }

  /**
   * Every unit by itself, in the order of the model.
   *
   * @param kept the units that stay, ascending
   */
  public static UnitRow each(String axis, double[] scores, int[] kept) {
    return new UnitRow(
        axis,
        IntStream.range(0, scores.length)
            .mapToObj(unit -> new Cell(1, scores[unit], stays(unit, kept) ? 1 : 0))
            .toList());
  }

  /**
   * The units from the highest score to the lowest, in at most {@value #MOST_PARTS} parts that
   * differ by one unit at most.
   *
   * @param kept the units that stay, ascending
   */
  public static UnitRow ranked(String axis, double[] scores, int[] kept) {
    List<Integer> order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted(
                Comparator.comparing((Integer unit) -> !stays(unit, kept))
                    .thenComparing(unit -> -scores[unit]))
            .toList();
    int parts = Math.min(MOST_PARTS, scores.length);
    var cells = new ArrayList<Cell>();
    for (int part = 0; part < parts; part++) {
      int from = (int) ((long) scores.length * part / parts);
      int to = (int) ((long) scores.length * (part + 1) / parts);
      List<Integer> units = order.subList(from, to);
      cells.add(
          new Cell(
              units.size(),
              units.stream().mapToDouble(unit -> scores[unit]).average().orElse(Double.NaN),
              (int) units.stream().filter(unit -> stays(unit, kept)).count()));
    }
    return new UnitRow(axis, cells);
  }

  private static boolean stays(int unit, int[] kept) {
    return Arrays.binarySearch(kept, unit) >= 0;
  }

  public int units() {
    return cells.stream().mapToInt(Cell::units).sum();
  }

  public int kept() {
    return cells.stream().mapToInt(Cell::kept).sum();
  }
}
