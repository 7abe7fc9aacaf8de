package io.espalier.standalone.report;

import java.util.ArrayList;
import java.util.List;

/** Rows of texts in columns; columns of numbers stand to the right. */
public final class TextTable {
  private static final String GAP = "  ";

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

  /** The table as lines. */
  @Override
  public String toString() {
    var text = new StringBuilder();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int column = 0; column < row.size(); column++) {
        line.append(column == 0 ? "" : GAP).append(cell(row.get(column), column));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private String cell(String text, int column) {
    int width = rows.stream().mapToInt(row -> row.get(column).length()).max().orElse(0);
    String padding = " ".repeat(width - text.length());
    return numeric(column) ? padding + text : text + padding;
  }

  private boolean numeric(int column) {
    return rows.size() > 1
        && rows.stream().skip(1).map(row -> row.get(column)).allMatch(TextTable::isNumber);
  }

  private static boolean isNumber(String text) {
    return text.isEmpty() || text.matches("[-+]?[0-9][0-9.,]*( ?[%a-zA-Z]{1,5})?|-");
  }
}
