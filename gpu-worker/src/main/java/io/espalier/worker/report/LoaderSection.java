package io.espalier.worker.report;

import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.facts.ResultLoaders;

/** The lines by which loaders open the result. */
final class LoaderSection {
  private static final String TITLE = "Opening the result";

  /** Target of links in the page. */
  static final String ID = PageSections.id(TITLE);

  private LoaderSection() {}

  /** Writes it, if loaders are known. */
  static void write(ResultLoaders opening, PageSections sections) {
    if (opening.loaders().isEmpty()) {
      return;
    }
    Markup out = sections.open(TITLE, "In the directory of the result:");
    for (ResultLoaders.Loader loader : opening.loaders()) {
      out.element("h3", loader.name());
      out.open("pre").element("code", String.join("\n", loader.lines())).close();
    }
    opening.note().ifPresent(note -> out.element("p", note, "class", "note"));
    out.close();
  }
}
