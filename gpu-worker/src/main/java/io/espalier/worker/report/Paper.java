package io.espalier.worker.report;

/**
 * The size that a picture is drawn for. Each picture is in the page twice, and the style sheet
 * shows the one that fits: words in a picture made for a desk would be too small on a phone.
 */
enum Paper {
  /** A desk or a sheet of paper. */
  WIDE(880, 168, 30, "wide"),
  /** A phone. */
  NARROW(360, 96, 16, "narrow");

  /** Up to how many rows are so high, in pixels. */
  private static final int[][] ROW_HEIGHTS = {{16, 24}, {40, 18}, {80, 14}};

  private static final int LEAST_ROW_HEIGHT = 11;
  private static final double LETTER = 0.6;

  private final int width;
  private final int labelWidth;
  private final int longestLabel;
  private final String style;

  Paper(int width, int labelWidth, int longestLabel, String style) {
    this.width = width;
    this.labelWidth = labelWidth;
    this.longestLabel = longestLabel;
    this.style = style;
  }

  int width() {
    return width;
  }

  String style() {
    return style;
  }

  /** Pixels for the names at the left. */
  int labelWidth() {
    return labelWidth;
  }

  /** Whether things say something when pointed at; nobody points on a phone. */
  boolean hasTitles() {
    return this == WIDE;
  }

  /** The height of one of so many rows. */
  static int rowHeight(int rows) {
    for (int[] step : ROW_HEIGHTS) {
      if (rows <= step[0]) {
        return step[1];
      }
    }
    return LEAST_ROW_HEIGHT;
  }

  /** The size class of words in rows of a height. */
  static String words(int rowHeight) {
    return rowHeight >= 18 ? "name" : "name small";
  }

  /** A name that fits at the left of a row; its middle is left out if it is too long. */
  String label(String name, int rowHeight) {
    double letter = LETTER * (rowHeight >= 18 ? 11 : 9);
    int fits = Math.min(longestLabel, (int) ((labelWidth - 8) / letter));
    if (name.codePointCount(0, name.length()) <= fits) {
      return name;
    }
    int[] codes = name.codePoints().toArray();
    int tail = (fits - 1) * 2 / 3;
    int head = fits - 1 - tail;
    return new String(codes, 0, head) + "…" + new String(codes, codes.length - tail, tail);
  }
}
