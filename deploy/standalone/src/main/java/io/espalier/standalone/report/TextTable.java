package io.espalier.standalone.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Rows of texts in columns; columns of numbers stand to the right. */
public final class TextTable {
  private static final String GAP = "  ";
  private static final String CUT = "…";

  /** No column is made narrower than that, so that its heading and a few letters stay. */
  private static final int NARROWEST = 6;

  private final List<List<String>> rows = new ArrayList<>();

  /** A table with the given headings. */
  public TextTable(String... headings) {
    rows.add(List.of(headings));
  }

  /** Adds a row with a cell per heading. */
  public TextTable row(String... cells) {
    if (cells.length != rows.get(0).size()) {
      throw new IllegalArgumentException(
          "%d cells for %d headings".formatted(cells.length, rows.get(0).size()));
    }
    rows.add(List.of(cells));
    return this;
  }

  /**
   * The same with the widest columns cut until its lines are no longer than that, as far as they
   * can be; the first column, which names the row, stays whole.
   */
  public TextTable within(int width) {
    int[] widths = widths();
    int excess = IntStream.of(widths).sum() + GAP.length() * (widths.length - 1) - width;
    while (excess > 0) {
      int widest = widest(widths);
      if (widths[widest] <= NARROWEST) {
        break;
      }
      widths[widest]--;
      excess--;
    }
    var fitting = new TextTable();
    fitting.rows.clear();
    rows.forEach(row -> fitting.rows.add(cut(row, widths)));
    return fitting;
  }

  /** The last row alone, in the columns of the whole table. */
  public String lastLine() {
    return line(rows.get(rows.size() - 1), columns());
  }

  /** The same with one more row. */
  public TextTable and(String... cells) {
    var longer = new TextTable();
    longer.rows.clear();
    longer.rows.addAll(rows);
    return longer.row(cells);
  }

  /** The table as lines. */
  @Override
  public String toString() {
    List<Column> columns = columns();
    var text = new StringBuilder();
    rows.forEach(row -> text.append(line(row, columns)).append('\n'));
    return text.toString();
  }

  /**
   * Layout of a column's cells.
   *
   * @param width letters of the longest
   * @param numeric whether they stand to the right
   */
  private record Column(int width, boolean numeric) {
    private String cell(String text) {
      String padding = " ".repeat(width - text.length());
      return numeric ? padding + text : text + padding;
    }
  }

  private List<Column> columns() {
    return IntStream.range(0, rows.get(0).size())
        .mapToObj(column -> new Column(width(column), numeric(column)))
        .toList();
  }

  private static String line(List<String> row, List<Column> columns) {
    var line = new StringBuilder();
    for (int column = 0; column < row.size(); column++) {
      line.append(column == 0 ? "" : GAP).append(columns.get(column).cell(row.get(column)));
    }
    return line.toString().stripTrailing();
  }

  private int width(int column) {
    return rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
  }

  private int[] widths() {
    return IntStream.range(0, rows.get(0).size()).map(this::width).toArray();
  }

  private static int widest(int[] widths) {
    int widest = widths.length - 1;
    for (int column = widths.length - 1; column > 0; column--) {
      widest = widths[column] > widths[widest] ? column : widest;
    }
    return widest;
  }

  private static List<String> cut(List<String> row, int[] widths) {
    var cells = new ArrayList<String>();
    for (int column = 0; column < row.size(); column++) {
      String text = row.get(column);
      cells.add(
          text.length() <= widths[column]
              ? text
              : text.substring(0, widths[column] - CUT.length()).stripTrailing() + CUT);
    }
    return cells;
  }

  private boolean numeric(int column) {
    return rows.size() > 1
        && rows.stream().skip(1).map(row -> row.get(column)).allMatch(TextTable::isNumber);
  }

  private static boolean isNumber(String text) {
    return text.isEmpty() || text.matches("[-+]?[0-9][0-9.,]*( ?[%a-zA-Z]{1,5})?|-");
  }
}
