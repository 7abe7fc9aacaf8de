package io.espalier.standalone.report;

/**
 * Text as terminals may get it: messages of workers and names in files come from others, and a
 * control character among them could move the cursor, hide what follows or turn its direction.
 */
public final class Printable {
  private static final char INSTEAD = '?';

  private Printable() {}

  /**
   * Returns the text with a question mark for each character that does not show as itself; ends of
   * lines and tabs stay.
   */
  public static String of(String text) {
    var printable = new StringBuilder(text.length());
    text.codePoints()
        .map(letter -> shows(letter) ? letter : INSTEAD)
        .forEach(printable::appendCodePoint);
    return printable.toString();
  }

  private static boolean shows(int letter) {
    return letter == '\n'
        || letter == '\t'
        || switch (Character.getType(letter)) {
          case Character.CONTROL,
              Character.FORMAT,
              Character.SURROGATE,
              Character.LINE_SEPARATOR,
              Character.PARAGRAPH_SEPARATOR ->
              false;
          default -> true;
        };
  }
}
