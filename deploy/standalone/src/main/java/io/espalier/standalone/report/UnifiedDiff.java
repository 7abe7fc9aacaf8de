package io.espalier.standalone.report;

import java.util.ArrayList;
import java.util.List;

/**
 * The lines in which two texts differ, in the unified format of {@code diff -u}: three lines around
 * each difference, those that go with a minus and those that come with a plus.
 */
public final class UnifiedDiff {
  private static final int CONTEXT = 3;

  /**
   * A line of both texts or of one.
   *
   * @param sign a space, a minus or a plus
   * @param old its number in the first text, from 0; the next one there if it is new
   * @param young its number in the second text, from 0; the next one there if it is gone
   */
  private record Line(char sign, String text, int old, int young) {
    boolean same() {
      return sign == ' ';
    }
  }

  private UnifiedDiff() {}

  /** The differences between two texts; empty if there is none. */
  public static String of(String from, String to) {
    List<Line> lines = lines(from.lines().toList(), to.lines().toList());
    var text = new StringBuilder();
    int next = 0;
    while (next < lines.size()) {
      if (lines.get(next).same()) {
        next++;
        continue;
      }
      int end = endOfHunk(lines, next);
      append(text, lines.subList(Math.max(0, next - CONTEXT), end));
      next = end;
    }
    return text.toString();
  }

  /** Behind the context of the last difference that is no further off than twice the context. */
  private static int endOfHunk(List<Line> lines, int first) {
    int last = first;
    for (int at = first; at < lines.size() && at - last <= 2 * CONTEXT; at++) {
      last = lines.get(at).same() ? last : at;
    }
    return Math.min(lines.size(), last + 1 + CONTEXT);
  }

  private static void append(StringBuilder text, List<Line> hunk) {
    long old = hunk.stream().filter(line -> line.sign() != '+').count();
    long young = hunk.stream().filter(line -> line.sign() != '-').count();
    text.append(
        "@@ -%s +%s @@%n"
            .formatted(range(hunk.get(0).old(), old), range(hunk.get(0).young(), young)));
    hunk.forEach(line -> text.append(line.sign()).append(line.text()).append('\n'));
  }

  /** Lines are counted from 1; of none it is said behind which line they would be. */
  private static String range(int first, long count) {
    return (count == 0 ? first : first + 1) + (count == 1 ? "" : "," + count);
  }

  /** Both texts as one, by their longest common subsequence of lines. */
  private static List<Line> lines(List<String> from, List<String> to) {
    int[][] common = common(from, to);
    List<Line> lines = new ArrayList<>();
    int old = 0;
    int young = 0;
    while (old < from.size() || young < to.size()) {
      if (old < from.size() && young < to.size() && from.get(old).equals(to.get(young))) {
        lines.add(new Line(' ', from.get(old), old++, young++));
      } else if (young == to.size()
          || (old < from.size() && common[old + 1][young] >= common[old][young + 1])) {
        lines.add(new Line('-', from.get(old), old++, young));
      } else {
        lines.add(new Line('+', to.get(young), old, young++));
      }
    }
    return lines;
  }

  /** Length of the longest common subsequence of what follows a line in each text. */
  private static int[][] common(List<String> from, List<String> to) {
    int[][] common = new int[from.size() + 1][to.size() + 1];
    for (int old = from.size() - 1; old >= 0; old--) {
      for (int young = to.size() - 1; young >= 0; young--) {
        common[old][young] =
            from.get(old).equals(to.get(young))
                ? common[old + 1][young + 1] + 1
                : Math.max(common[old + 1][young], common[old][young + 1]);
      }
    }
    return common;
  }
}
