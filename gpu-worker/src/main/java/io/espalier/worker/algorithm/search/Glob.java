package io.espalier.worker.algorithm.search;

/** Patterns in which {@code *} stands for any text and {@code ?} for one character. */
final class Glob {
  private Glob() {}

  /**
   * Returns how many characters of a text, or of the pattern, have to be changed, put in or left
   * out until they match; 0 if they do.
   */
  static int edits(String glob, String text) {
    int[] row = new int[text.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 0; i < glob.length(); i++) {
      char wanted = glob.charAt(i);
      int diagonal = row[0];
      row[0] = wanted == '*' ? row[0] : row[0] + 1;
      for (int j = 1; j < row.length; j++) {
        int above = row[j];
        if (wanted == '*') {
          row[j] = Math.min(above, row[j - 1]);
        } else {
          boolean same = wanted == '?' || wanted == text.charAt(j - 1);
          row[j] = Math.min(diagonal + (same ? 0 : 1), 1 + Math.min(above, row[j - 1]));
        }
        diagonal = above;
      }
    }
    return row[text.length()];
  }
}
