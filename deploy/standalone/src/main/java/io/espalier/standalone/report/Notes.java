package io.espalier.standalone.report;

import java.util.ArrayList;
import java.util.List;

/** Texts that tables refer to by number, each once, so that long ones do not widen the tables. */
public final class Notes {
  private static final int LINE = 110;

  private final List<String> texts = new ArrayList<>();

  /** The number of a text, such as {@code (2)}; a text that is known keeps its number. */
  public String mark(String text) {
    if (!texts.contains(text)) {
      texts.add(text);
    }
    return mark(texts.indexOf(text));
  }

  /** The texts behind their numbers, broken into lines. */
  @Override
  public String toString() {
    var all = new StringBuilder();
    for (int i = 0; i < texts.size(); i++) {
      String mark = mark(i) + " ";
      all.append(mark).append(broken(texts.get(i), " ".repeat(mark.length()))).append('\n');
    }
    return all.toString();
  }

  private static String mark(int index) {
    return "(%d)".formatted(index + 1);
  }

  private static String broken(String text, String indent) {
    var lines = new StringBuilder();
    int used = indent.length();
    for (String word : text.split(" ", -1)) {
      if (used > indent.length() && used + 1 + word.length() > LINE) {
        lines.append('\n').append(indent);
        used = indent.length();
      } else if (used > indent.length()) {
        lines.append(' ');
        used++;
      }
      lines.append(word);
      used += word.length();
    }
    return lines.toString();
  }
}
