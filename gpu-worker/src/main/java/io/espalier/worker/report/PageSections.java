package io.espalier.worker.report;

import io.espalier.worker.report.chart.Markup;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The sections of a page, as they are written one after another, and the list of them. */
final class PageSections {
  /** A section as the list of contents has it. */
  private record Entry(String id, String title) {}

  private final Markup out = new Markup();
  private final List<Entry> entries = new ArrayList<>();

  /** Returns where the content of sections goes. */
  Markup out() {
    return out;
  }

  /** Opens a section, for the caller to close. */
  Markup open(String title) {
    var entry = new Entry(id(title), title);
    entries.add(entry);
    return out.open("section", "id", entry.id()).element("h2", title);
  }

  /** Opens a section that begins with a sentence, for the caller to close. */
  Markup open(String title, String explanation) {
    return open(title).element("p", explanation);
  }

  /** Returns what links call a section. */
  static String id(String title) {
    return title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
  }

  /** Writes the list of contents, then all sections. */
  void write(Markup page) {
    page.open("nav", "class", "contents", "aria-label", "Contents").open("ul");
    for (Entry entry : entries) {
      page.open("li").element("a", entry.title(), "href", "#" + entry.id()).close();
    }
    page.close().close().raw(out.toString());
  }
}
