package io.espalier.worker.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.PruningReport.AxisFacts;
import io.espalier.worker.report.facts.PruningReport.CandidateFacts;
import io.espalier.worker.report.facts.PruningReport.Curve;
import io.espalier.worker.report.facts.PruningReport.Effort;
import io.espalier.worker.report.facts.PruningReport.Fact;
import io.espalier.worker.report.facts.PruningReport.LatencyFacts;
import io.espalier.worker.report.facts.PruningReport.Measurement;
import io.espalier.worker.report.facts.PruningReport.Phase;
import io.espalier.worker.report.facts.PruningReport.Point;
import io.espalier.worker.report.facts.PruningReport.Search;
import io.espalier.worker.report.facts.PruningReport.Units;
import io.espalier.worker.report.facts.ResultLoaders;
import io.espalier.worker.report.facts.UnitRow;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ReportPageTest {
  private static final String EVIL = "<script>alert(1)</script>\"'&\u0000\uD800";

  static Stream<PruningReport> samples() {
    return Stream.of(
        Samples.resnet20(),
        Samples.resnet152(),
        Samples.bare(),
        TinySample.report(),
        BertSample.report(),
        LlamaSample.report(),
        hostile());
  }

  @ParameterizedTest
  @MethodSource("samples")
  void a_page_is_well_formed_and_reaches_for_nothing(PruningReport report) throws Exception {
    String page = ReportHtml.page(report);

    Document document = Pages.parse(page);
    String withoutNamespaces =
        page.replace("\"http://www.w3.org/1999/xhtml\"", "")
            .replace("\"http://www.w3.org/2000/svg\"", "");
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("html");
    assertThat(withoutNamespaces).doesNotContain("http:", "https:", "url(", "@import", "src=");
    assertThat(Pages.all(document, "script")).isEmpty();
    assertThat(Pages.all(document, "link")).isEmpty();
    assertThat(page).doesNotContain("style=\"");
  }

  @ParameterizedTest
  @MethodSource("samples")
  void the_same_facts_give_the_same_page(PruningReport report) {
    assertThat(ReportHtml.page(report)).isEqualTo(ReportHtml.page(report));
  }

  @ParameterizedTest
  @MethodSource("samples")
  void no_coordinate_is_outside_the_numbers(PruningReport report) throws Exception {
    Document page = Pages.parse(ReportHtml.page(report));

    for (Element rect : Pages.all(page, "rect")) {
      assertThat(Pages.number(rect, "width")).isNotNegative();
      assertThat(Pages.number(rect, "x")).isBetween(0.0, 880.0);
    }
    for (Element svg : Pages.all(page, "svg")) {
      assertThat(svg.getAttribute("viewBox")).doesNotContain("NaN");
    }
  }

  @Test
  void the_browser_is_told_to_let_in_the_style_sheet_alone() throws Exception {
    Document page = Pages.parse(ReportHtml.page(TinySample.report()));

    String style = Pages.all(page, "style").get(0).getTextContent();
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(style.getBytes(StandardCharsets.UTF_8));
    String policy =
        Pages.all(page, "meta").stream()
            .filter(meta -> meta.getAttribute("http-equiv").equals("Content-Security-Policy"))
            .map(meta -> meta.getAttribute("content"))
            .findFirst()
            .orElseThrow();
    assertThat(policy)
        .startsWith("default-src 'none';")
        .contains("'sha256-" + Base64.getEncoder().encodeToString(digest) + "'")
        .doesNotContain("script-src", "unsafe");
  }

  @Test
  void a_script_in_a_name_is_only_text() throws Exception {
    String page = ReportHtml.page(hostile());

    Document document = Pages.parse(page);
    assertThat(page).doesNotContain("<script");
    assertThat(Pages.all(document, "h1").get(0).getTextContent())
        .startsWith("<script>alert(1)</script>\"'&\uFFFD");
  }

  @Test
  void the_headline_has_the_change_of_every_known_metric() throws Exception {
    Document page = Pages.parse(ReportHtml.page(TinySample.report()));

    List<String> tiles =
        Pages.all(page, "div", "big").stream().map(Element::getTextContent).toList();
    assertThat(tiles).containsExactly("−40.0 %", "−5 pp");
    assertThat(Pages.all(page, "div", "tile better")).hasSize(1);
    assertThat(Pages.all(page, "div", "tile worse")).isEmpty();
  }

  @Test
  void what_chance_could_have_done_is_neither_better_nor_worse() throws Exception {
    Document page = Pages.parse(ReportHtml.page(TinySample.report()));

    assertThat(Pages.all(page, "div", "tile noise"))
        .singleElement()
        .extracting(Element::getTextContent)
        .asString()
        .contains("−5 pp", "75 % → 70 %", "within noise");
    List<String> cells =
        Pages.all(page, "td", "num").stream().map(Element::getTextContent).toList();
    assertThat(cells).anyMatch(cell -> cell.startsWith("75 %") && cell.contains("66 to 83"));
    assertThat(Pages.all(page, "td", "num noise"))
        .singleElement()
        .extracting(Element::getTextContent)
        .asString()
        .contains("−5 pp", "within noise");
  }

  @ParameterizedTest
  @MethodSource("samples")
  void the_list_of_contents_leads_to_every_section(PruningReport report) throws Exception {
    Document page = Pages.parse(ReportHtml.page(report));

    List<String> sections =
        Pages.all(page, "section").stream().map(section -> section.getAttribute("id")).toList();
    Element contents = Pages.all(page, "nav", "contents").get(0);
    var links = contents.getElementsByTagName("a");
    assertThat(sections).doesNotHaveDuplicates().doesNotContain("");
    assertThat(links.getLength()).isEqualTo(sections.size());
    for (int i = 0; i < sections.size(); i++) {
      Element link = (Element) links.item(i);
      Element section = Pages.all(page, "section").get(i);
      assertThat(link.getAttribute("href")).isEqualTo("#" + sections.get(i));
      assertThat(section.getElementsByTagName("h2").item(0).getTextContent())
          .isEqualTo(link.getTextContent());
    }
  }

  @Test
  void data_loaders_and_their_lines_are_told() throws Exception {
    Document page = Pages.parse(ReportHtml.page(TinySample.report()));

    Element identity = Pages.all(page, "dl", "identity").get(0);
    assertThat(identity.getTextContent())
        .contains("data for search", "file:///data", "cd34", "model that went in", "ab12", "stock");
    Element link = (Element) identity.getElementsByTagName("a").item(0);
    Element section =
        Pages.all(page, "section").stream()
            .filter(each -> ("#" + each.getAttribute("id")).equals(link.getAttribute("href")))
            .findFirst()
            .orElseThrow();
    assertThat(section.getElementsByTagName("pre").item(0).getTextContent().strip())
        .isEqualTo("line one\nline two");
    assertThat(section.getTextContent()).contains("a note");
  }

  @Test
  void axes_that_could_not_be_cut_are_listed_by_reason() throws Exception {
    PruningReport report = Samples.resnet152();

    Document page = Pages.parse(ReportHtml.page(report));

    List<String> reasons =
        report.choice().axes().stream().flatMap(axis -> axis.frozen().stream()).distinct().toList();
    assertThat(Pages.all(page, "summary"))
        .extracting(Element::getTextContent)
        .allMatch(text -> reasons.stream().anyMatch(text::startsWith))
        .hasSize(reasons.size());
  }

  @Test
  void models_that_were_compared_have_a_row_each_and_nothing_is_said_of_single_axes()
      throws Exception {
    PruningReport report = LlamaSample.report();

    Document page = Pages.parse(ReportHtml.page(report));

    List<String> rows =
        Pages.all(page, "th", "name").stream().map(Element::getTextContent).toList();
    assertThat(rows)
        .containsAll(report.choice().candidates().stream().map(CandidateFacts::sizes).toList());
    String text = page.getDocumentElement().getTextContent();
    assertThat(text)
        .containsOnlyOnce("✓ chosen")
        .contains("0–10, 12, 14–15", "3.07", "8192 → 6144", "8192 → 0", "16 → 14")
        .doesNotContain("Sensitivity", "What single cuts give up", "Other budgets");
  }

  @Test
  void nothing_known_is_said_in_words() throws Exception {
    String text =
        Pages.parse(ReportHtml.page(Samples.bare())).getDocumentElement().getTextContent();

    assertThat(text).contains("No axis had a choice.", "Other budgets were not looked at.", "NaN");
  }

  /** Every text hostile, every number no number. */
  private static PruningReport hostile() {
    PruningReport tiny = TinySample.report();
    return new PruningReport(
        new PruningReport.Model(EVIL, EVIL, EVIL, Optional.of(EVIL)),
        new PruningReport.Setup(
            EVIL,
            EVIL,
            EVIL,
            -1,
            EVIL,
            Optional.of(Losses.MEASURED),
            List.of(Fact.of(EVIL, EVIL, EVIL))),
        new PruningReport.Result(
            tiny.result().constraints(),
            List.of(Samples.metric(EVIL, EVIL, Double.POSITIVE_INFINITY, -3)),
            List.of(
                new LatencyFacts(
                    EVIL, OptionalDouble.of(Double.NaN), OptionalDouble.empty(), Optional.empty())),
            ResultLoaders.unknown()),
        new PruningReport.Choice(
            tiny.choice().profile(),
            List.of(
                new AxisFacts(
                    EVIL,
                    "channels",
                    8,
                    List.of(4, 8),
                    List.of(Double.NaN, 0.0),
                    List.of(),
                    4,
                    1,
                    Optional.empty()),
                new AxisFacts(
                    EVIL + "2",
                    "channels",
                    8,
                    List.of(4, 8),
                    List.of(Double.POSITIVE_INFINITY, 0.0),
                    List.of(),
                    8,
                    1,
                    Optional.empty()),
                new AxisFacts(
                    EVIL + "3",
                    "channels",
                    1,
                    List.of(1),
                    List.of(),
                    List.of(),
                    1,
                    0,
                    Optional.of(EVIL))),
            List.of(
                new Units(
                    EVIL,
                    false,
                    List.of(
                        new UnitRow(
                            EVIL,
                            List.of(
                                new UnitRow.Cell(1, Double.NaN, 1),
                                new UnitRow.Cell(2, Double.POSITIVE_INFINITY, 1),
                                new UnitRow.Cell(1, -1, 0)))))),
            List.of(
                new CandidateFacts(
                    EVIL,
                    List.of(),
                    tiny.choice().profile().orElseThrow().min(),
                    OptionalDouble.of(Double.NaN),
                    true)),
            Optional.of(new Search(Double.NaN, Double.NEGATIVE_INFINITY, false, -1)),
            new Curve(
                List.of(new Point(tiny.choice().profile().orElseThrow().min(), Double.NaN)),
                Optional.of(
                    new Point(
                        tiny.choice().profile().orElseThrow().min(), Double.POSITIVE_INFINITY)),
                List.of(
                    new Measurement(
                        EVIL,
                        tiny.choice().profile().orElseThrow().max(),
                        Double.NaN,
                        Double.NaN,
                        OptionalDouble.empty())))),
        new Effort(
            List.of(new Phase(EVIL, Double.NaN), new Phase(EVIL, 0)),
            OptionalInt.of(0),
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalDouble.of(Double.NaN)),
        Optional.of(reconstruction(EVIL)),
        List.of(),
        Optional.empty());
  }

  private static Reconstruction reconstruction(String layer) {
    return new Reconstruction(
        List.of(
            new LayerReconstruction(layer, 0.5, 0.125, 1e-4, true, 640, 145),
            new LayerReconstruction(layer + "2", 0.25, 0.25, 0, false, 64, 65)),
        List.of(
            new Reconstruction.Version(Reconstruction.PLAIN, 2.5),
            new Reconstruction.Version(Reconstruction.RECONSTRUCTED, 0.0625),
            new Reconstruction.Version(layer, Double.NaN)),
        128);
  }

  @Test
  void a_reconstruction_is_told_version_by_version_and_layer_by_layer() {
    var sections = new PageSections();

    ReconstructionSection.write(reconstruction("fc.weight"), sections);
    String page = sections.out().toString();
    JsonNode json = ReconstructionSection.json(reconstruction("fc.weight"));

    assertThat(page)
        .contains("Went out: reconstructed.", "plain cut", "fc.weight2", "as it was cut")
        .contains("fewer than unknowns: 65");
    assertThat(json.at("/chosen").asText()).isEqualTo("reconstructed");
    assertThat(json.at("/versions/2/divergence").asText()).isEqualTo("NaN");
    assertThat(json.at("/layers/0/errorAfter").asDouble()).isEqualTo(0.125);
    assertThat(json.at("/layers/1/solved").asBoolean()).isFalse();
  }
}
