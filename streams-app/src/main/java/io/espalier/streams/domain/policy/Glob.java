package io.espalier.streams.domain.policy;

/**
 * A pattern of names in which {@code *} stands for any characters and {@code ?} for one.
 *
 * @param text as it is written
 */
public record Glob(String text) {
  static final int MOST_WILDCARDS = 16;

  /** Returns whether a name is as the pattern says, in time of the product of both lengths. */
  boolean accepts(String name) {
    int[] pattern = text.codePoints().toArray();
    int[] letters = name.codePoints().toArray();
    int at = 0;
    int star = -1; // the last star that was met, and where its match ends so far
    int matched = 0;
    int next = 0;
    while (next < letters.length) {
      if (at < pattern.length && pattern[at] == '*') {
        star = at++;
        matched = next;
      } else if (at < pattern.length && (pattern[at] == '?' || pattern[at] == letters[next])) {
        at++;
        next++;
      } else if (star >= 0) {
        at = star + 1;
        next = ++matched; // the star takes one letter more
      } else {
        return false;
      }
    }
    while (at < pattern.length && pattern[at] == '*') {
      at++;
    }
    return at == pattern.length;
  }

  /** Returns the letters in front of the first wildcard. */
  String beginning() {
    int end = 0;
    while (end < text.length() && text.charAt(end) != '*' && text.charAt(end) != '?') {
      end++;
    }
    return text.substring(0, end);
  }

  long wildcards() {
    return text.chars().filter(c -> c == '*' || c == '?').count();
  }

  /** As written. */
  @Override
  public String toString() {
    return text;
  }
}
