package io.espalier.worker.report.chart;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The size that a picture is drawn for. Each picture is in the page twice, and the style sheet
 * shows the one that fits: words in a picture made for a desk would be too small on a phone.
 */
public enum PictureWidth {
  /** A desk or a sheet of paper. */
  WIDE(880, 168, 30, "wide"),
  /** A phone. */
  NARROW(360, 104, 18, "narrow");

  /** Up to how many rows are so high, in pixels. */
  private static final int[][] ROW_HEIGHTS = {{16, 24}, {40, 18}, {80, 14}};

  private static final int LEAST_ROW_HEIGHT = 11;
  private static final double LETTER = 0.6;

  /** A word of at least three letters and a number, of which the first letter and the number do. */
  private static final Pattern LONG_WORD = Pattern.compile("\\b(\\p{L})\\p{L}{2,}(?=\\.?\\d)");

  private final int width;
  private final int labelWidth;
  private final int longestLabel;
  private final String style;

  PictureWidth(int width, int labelWidth, int longestLabel, String style) {
    this.width = width;
    this.labelWidth = labelWidth;
    this.longestLabel = longestLabel;
    this.style = style;
  }

  /** Writes a picture of each size, of which the style sheet shows one. */
  public static void write(Markup out, Function<PictureWidth, String> draw) {
    out.open("div", "class", "picture");
    for (PictureWidth picture : values()) {
      out.raw(draw.apply(picture));
    }
    out.close();
  }

  public int width() {
    return width;
  }

  String style() {
    return style;
  }

  /** Pixels for the names at the left. */
  public int labelWidth() {
    return labelWidth;
  }

  /** The steps of a scale of losses that have a number. */
  int[] marks() {
    return this == WIDE ? new int[] {0, 4, 8, LossScale.STEPS} : new int[] {0, 6, LossScale.STEPS};
  }

  /** Returns whether things say something when pointed at; nobody points on a phone. */
  public boolean hasTitles() {
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

  /**
   * A name that fits at the left of a row. Of one that is too long, words are shortened from the
   * left, {@code layer3.17.conv2} to {@code l3.17.conv2}; if that is not enough, its middle is left
   * out.
   */
  String label(String name, int rowHeight) {
    double letter = LETTER * (rowHeight >= 18 ? 11 : 9);
    int fits = Math.min(longestLabel, (int) ((labelWidth - 8) / letter));
    String shorter = name;
    Matcher word = LONG_WORD.matcher(shorter);
    while (length(shorter) > fits && word.find()) {
      shorter = word.replaceFirst("$1");
      word = LONG_WORD.matcher(shorter);
    }
    return length(shorter) <= fits ? shorter : withoutMiddle(shorter, fits);
  }

  private static int length(String name) {
    return name.codePointCount(0, name.length());
  }

  private static String withoutMiddle(String name, int fits) {
    int[] codes = name.codePoints().toArray();
    int tail = (fits - 1) * 2 / 3;
    int head = fits - 1 - tail;
    return new String(codes, 0, head) + "…" + new String(codes, codes.length - tail, tail);
  }
}
