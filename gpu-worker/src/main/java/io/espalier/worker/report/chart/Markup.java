package io.espalier.worker.report.chart;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Markup that is HTML and XML at once, element by element. Everything given to it is escaped, but
 * for {@link #raw}.
 */
public final class Markup {
  private final StringBuilder out = new StringBuilder();
  private final Deque<String> unclosed = new ArrayDeque<>();

  /** Opens an element; attributes are names and values in turn. */
  public Markup open(String element, String... attributes) {
    start(element, attributes).append('>');
    unclosed.push(element);
    return this;
  }

  /** Closes the element opened last. */
  public Markup close() {
    out.append("</").append(unclosed.pop()).append(">\n");
    return this;
  }

  /** Text within the element opened last. */
  public Markup text(String text) {
    escape(text);
    return this;
  }

  /** An element with nothing but text. */
  public Markup element(String element, String text, String... attributes) {
    return open(element, attributes).text(text).close();
  }

  /** An element that HTML or SVG allows to be empty. */
  public Markup empty(String element, String... attributes) {
    start(element, attributes).append("/>\n");
    return this;
  }

  /** Markup made elsewhere, as it is. */
  public Markup raw(String markup) {
    out.append(markup);
    return this;
  }

  private StringBuilder start(String element, String... attributes) {
    out.append('<').append(element);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      escape(attributes[i + 1]);
      out.append('"');
    }
    return out;
  }

  private void escape(String text) {
    text.codePoints()
        .forEach(
            code -> {
              switch (code) {
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '&' -> out.append("&amp;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isXml(code) ? code : 0xFFFD);
              }
            });
  }

  /** Returns whether XML 1.0 allows the character at all. */
  private static boolean isXml(int code) {
    return code == '\t'
        || code == '\n'
        || (code >= 0x20 && code < 0x7F)
        || (code >= 0xA0 && code <= 0xD7FF)
        || (code >= 0xE000 && code <= 0xFFFD)
        || code >= 0x10000;
  }

  /** The markup; every element must be closed. */
  @Override
  public String toString() {
    if (!unclosed.isEmpty()) {
      throw new IllegalStateException("not closed: " + unclosed);
    }
    return out.toString();
  }
}
