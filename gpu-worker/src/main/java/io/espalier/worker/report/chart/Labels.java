package io.espalier.worker.report.chart;

import java.util.List;

/**
 * Labels at the left of the rows of a picture: names without the words that all begin with, but for
 * the last of these.
 *
 * @param rowHeight of the rows, in pixels
 * @param shared how many characters of each name are left out
 */
public record Labels(PictureWidth picture, int rowHeight, int shared) {
  public static Labels of(PictureWidth picture, int rowHeight, List<String> names) {
    return new Labels(picture, rowHeight, names.size() > 1 ? shared(names) : 0);
  }

  /** The label of one of the names. */
  public String of(String name) {
    return picture.label(name.substring(shared), rowHeight);
  }

  private static int shared(List<String> names) {
    String common = names.get(0);
    for (String name : names) {
      int same = 0;
      while (same < Math.min(common.length(), name.length())
          && common.charAt(same) == name.charAt(same)) {
        same++;
      }
      common = common.substring(0, same);
    }
    int lastWord = common.lastIndexOf('.');
    return lastWord < 0 ? 0 : common.lastIndexOf('.', lastWord - 1) + 1;
  }
}
