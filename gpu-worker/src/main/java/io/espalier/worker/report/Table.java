package io.espalier.worker.report;

/** A table of the page; rows are opened and closed by whoever fills it. */
final class Table {
  private final Markup out;

  private Table(Markup out) {
    this.out = out;
  }

  /** Opens a table; the first column has names, the others mostly numbers. */
  static Table open(Markup out, String caption, String... columns) {
    out.open("div", "class", "scroll").open("table").element("caption", caption);
    out.open("thead").open("tr");
    for (int i = 0; i < columns.length; i++) {
      out.element("th", columns[i], "scope", "col", "class", i == 0 ? "name" : "num");
    }
    out.close().close().open("tbody");
    return new Table(out);
  }

  /** The name of a row. */
  void head(String text) {
    out.element("th", text, "scope", "row", "class", "name");
  }

  /** A cell aligned as numbers are. */
  void number(String text) {
    out.element("td", text, "class", "num");
  }

  /** A cell with a picture. */
  void picture(String svg) {
    out.open("td", "class", "num").raw(svg).close();
  }

  /** A whole row of a name and numbers. */
  void row(String name, String... numbers) {
    out.open("tr");
    head(name);
    for (String number : numbers) {
      number(number);
    }
    out.close();
  }

  /** Ends it. */
  void close() {
    out.close().close().close();
  }
}
