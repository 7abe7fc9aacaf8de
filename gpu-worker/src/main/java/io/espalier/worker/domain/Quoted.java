package io.espalier.worker.domain;

/**
 * Data of others as messages quote them: at most {@value #LONGEST} characters on one line. What a
 * file holds is nobody's business but its owner's, and messages travel far.
 */
public final class Quoted {
  /** The most characters that are quoted. */
  public static final int LONGEST = 80;

  /** The most characters of a place that are shown. */
  public static final int LONGEST_PLACE = 500;

  private static final String CUT = "...";

  private Quoted() {}

  /** The text, cut, with a question mark for each character that would not show as itself. */
  public static String of(Object data) {
    return cut(data, LONGEST);
  }

  /** A place (path, URI) in the same way, of which {@value #LONGEST_PLACE} characters stay. */
  public static String place(Object path) {
    return cut(path, LONGEST_PLACE);
  }

  private static String cut(Object data, int longest) {
    String text = String.valueOf(data);
    boolean cut = text.codePointCount(0, text.length()) > longest;
    int end = cut ? text.offsetByCodePoints(0, longest - CUT.length()) : text.length();
    var quoted = new StringBuilder();
    text.substring(0, end).codePoints().map(Quoted::visible).forEach(quoted::appendCodePoint);
    return cut ? quoted.append(CUT).toString() : quoted.toString();
  }

  private static int visible(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED ->
          '?';
      default -> codePoint;
    };
  }
}
