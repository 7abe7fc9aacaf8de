package io.espalier.worker.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.report.chart.Markup;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.ResultIdentity;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * The top of a page: which model was pruned or trained by what, and which run did it. The latter is
 * known only once the result is there, so this part is replaced then; comments in the page say
 * where it is.
 */
final class PageMasthead {
  private static final String BEGIN = "<!-- masthead -->\n";
  private static final String END = "<!-- end of masthead -->\n";
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm:ss 'UTC'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final JsonNode report;
  private final Optional<ResultIdentity> identity;
  private final Markup out = new Markup();

  private PageMasthead(JsonNode report, Optional<ResultIdentity> identity) {
    this.report = report;
    this.identity = identity;
  }

  /** The part of a page of which the run is not known yet. */
  static String of(PruningReport report) {
    return new PageMasthead(PruningJson.of(report), Optional.empty()).write();
  }

  /** The title of the window. */
  static String title(PruningReport report) {
    return new PageMasthead(PruningJson.of(report), Optional.empty()).title();
  }

  /**
   * A page with the run in its masthead; one without a masthead stays as it is.
   *
   * @param page the page as it was
   * @param report the report as JSON
   */
  static String replaced(String page, JsonNode report, ResultIdentity identity) {
    int begin = page.indexOf(BEGIN);
    int end = page.indexOf(END);
    int title = page.indexOf("<title>");
    int afterTitle = page.indexOf("</title>");
    if (begin < 0 || end < begin || title < 0 || title > begin || afterTitle < title) {
      return page;
    }
    var masthead = new PageMasthead(report, Optional.of(identity));
    return page.substring(0, title)
        + new Markup().element("title", masthead.title()).toString().stripTrailing()
        + page.substring(afterTitle + "</title>".length(), begin)
        + masthead.write()
        + page.substring(end + END.length());
  }

  private String title() {
    return identity.flatMap(ResultIdentity::model).orElseGet(() -> text("/model/name"))
        + (report.has("learning")
            ? ", distilled"
            : report.has("modules") ? ", quantized" : ", pruned");
  }

  private String write() {
    out.open("header")
        .element("h1", title())
        .element(
            "p",
            "%s · family %s · %s %s · %s"
                .formatted(
                    text("/model/architecture"),
                    text("/model/family"),
                    text("/setup/algorithm"),
                    text("/setup/version"),
                    text("/setup/device")),
            "class",
            "sub")
        .open("dl", "class", "identity");
    identity.ifPresent(this::run);
    digest("model that went in", report.at("/model/parentDigest").asText(""));
    identity.ifPresent(of -> digest("model that came out", of.rootDigest()));
    identity.ifPresent(this::gates);
    report.path("data").forEach(this::data);
    if (!report.at("/opening/loaders").isEmpty()) {
      opening();
    }
    out.close().close();
    return BEGIN + out + END;
  }

  private void run(ResultIdentity of) {
    of.policyText().ifPresent(policy -> fact("policy", policy));
    of.run().ifPresent(run -> fact("run", run));
    fact("made", DATE.format(of.made()));
    out.element("dt", "by").open("dd").element("code", of.cause()).close();
    of.espalier().ifPresent(version -> fact("Espalier", version));
  }

  private void gates(ResultIdentity of) {
    if (of.gates().isEmpty()) {
      return;
    }
    out.element("dt", "gates").open("dd");
    for (ResultIdentity.GateFacts gate : of.gates()) {
      gate(gate);
    }
    of.forecast().ifPresent(budget -> out.element("div", budget.toText()));
    out.close();
  }

  private void gate(ResultIdentity.GateFacts gate) {
    if (gate.passed().isEmpty()) {
      out.element("div", gate.words());
      return;
    }
    boolean passed = gate.passed().get();
    out.element("div", (passed ? "✓ " : "✗ ") + gate.words(), "class", passed ? "better" : "worse");
  }

  private void data(JsonNode data) {
    out.element("dt", "data for " + data.path("use").asText())
        .open("dd")
        .text(data.path("uri").asText())
        .element("code", data.path("digest").asText(), "class", "digest")
        .close();
  }

  private void opening() {
    out.element("dt", "opens in").open("dd");
    String between = "";
    for (JsonNode loader : report.at("/opening/loaders")) {
      out.text(between + loader.path("name").asText());
      between = ", ";
    }
    out.text("; ").element("a", "the lines that do", "href", "#" + LoaderSection.ID).close();
  }

  private void digest(String name, String digest) {
    if (!digest.isEmpty()) {
      out.element("dt", name).open("dd").element("code", digest, "class", "digest").close();
    }
  }

  private void fact(String name, String value) {
    out.element("dt", name).element("dd", value);
  }

  private String text(String at) {
    return report.at(at).asText();
  }
}
