package io.espalier.worker.report.chart;

/**
 * A table of a page; rows are opened and closed by whoever fills it. Each cell says which column it
 * is of, so that a narrow page can show rows one under another.
 */
public final class Table {
  private final Markup out;
  private final String[] columns;
  private int column;

  private Table(Markup out, String[] columns) {
    this.out = out;
    this.columns = columns;
  }

  /** Opens a table; the first column has names, the others mostly numbers. */
  public static Table open(Markup out, String caption, String... columns) {
    return open(out, caption, "plain", columns);
  }

  /** Opens a table of so many columns that a narrow page shows each row as a list. */
  public static Table openWide(Markup out, String caption, String... columns) {
    return open(out, caption, "stack", columns);
  }

  private static Table open(Markup out, String caption, String style, String[] columns) {
    out.open("div", "class", "scroll").open("table", "class", style).element("caption", caption);
    out.open("thead").open("tr");
    for (int i = 0; i < columns.length; i++) {
      String number = columns[i].equals(PairBars.COLUMN) ? "num drawn" : "num";
      out.element("th", columns[i], "scope", "col", "class", i == 0 ? "name" : number);
    }
    out.close().close().open("tbody");
    return new Table(out, columns.clone());
  }

  /** The name of a row. */
  public void head(String text) {
    openHead();
    out.text(text).close();
  }

  /** The name of a row that leads somewhere. */
  public void headLink(String text, String href) {
    openHead();
    out.element("a", text, "href", href).close();
  }

  private void openHead() {
    out.open("th", "scope", "row", "class", "name");
    column = 1;
  }

  /** A cell aligned as numbers are. */
  public void number(String text) {
    cell(text, "num");
  }

  /** A cell of a style. */
  public void cell(String text, String style) {
    openCell(style);
    out.text(text).close();
  }

  /** A cell with a number, and below it smaller words; none if they are empty. */
  public void number(String text, String below) {
    openCell("num");
    out.text(text);
    below(below);
    out.close();
  }

  /** A cell of a style with smaller words below; none if they are empty. */
  public void cell(String text, String style, String below) {
    openCell(style);
    out.text(text);
    below(below);
    out.close();
  }

  private void below(String text) {
    if (!text.isEmpty()) {
      out.element("span", text, "class", "below");
    }
  }

  /** A cell with a picture, which a narrow page has no room for. */
  public void picture(String svg) {
    openCell("num drawn");
    out.raw(svg).close();
  }

  private void openCell(String style) {
    String label = column < columns.length ? columns[column] : "";
    column++;
    out.open("td", "class", style, "data-label", label);
  }

  /** A whole row of a name and numbers. */
  public void row(String name, String... numbers) {
    out.open("tr");
    head(name);
    for (String number : numbers) {
      number(number);
    }
    out.close();
  }

  /** Ends it. */
  public void close() {
    out.close().close().close();
  }
}
