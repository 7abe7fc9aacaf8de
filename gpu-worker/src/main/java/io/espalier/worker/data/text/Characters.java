package io.espalier.worker.data.text;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Positions of a text's characters in its Java string. Python, and with it SQuAD and the
 * tokenizers, counts code points; Java counts {@code char}s, of which a character outside the
 * 16-bit plane has two.
 */
final class Characters {
  /** White space as Python has it: more than Java's, with the no-break space. */
  static final Pattern SPACE =
      Pattern.compile("[\\s\\x1c-\\x1f]+", Pattern.UNICODE_CHARACTER_CLASS);

  private static final char REPLACEMENT = '\uFFFD';

  private final String text;
  private final int count;
  private final int[] indices;

  Characters(String text) {
    this.text = text;
    this.count = text.codePointCount(0, text.length());
    this.indices = count == text.length() ? new int[0] : indices(text, count);
  }

  /** Number of characters. */
  int count() {
    return count;
  }

  /** Returns where a character begins; the text's length for the end. */
  int index(int character) {
    return count == text.length() ? character : indices[character];
  }

  private static int[] indices(String text, int count) {
    var indices = new int[count + 1];
    for (int i = 0, at = 0; i < count; i++) {
      indices[i] = at;
      at += Character.charCount(text.codePointAt(at));
    }
    indices[count] = text.length();
    return indices;
  }

  /** The text with each half of a character that has no other half replaced, all else in place. */
  static String valid(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int character = text.codePointAt(i);
      if (character <= Character.MAX_VALUE && Character.isSurrogate((char) character)) {
        repaired = repaired == null ? new StringBuilder(text) : repaired;
        repaired.setCharAt(i, REPLACEMENT);
      }
    }
    return repaired == null ? text : repaired.toString();
  }

  /** The text without white space at its beginning. */
  static String stripLeading(String text) {
    Matcher space = SPACE.matcher(text);
    return space.lookingAt() ? text.substring(space.end()) : text;
  }
}
