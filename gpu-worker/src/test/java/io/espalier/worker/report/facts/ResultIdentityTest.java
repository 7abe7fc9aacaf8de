package io.espalier.worker.report.facts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.GatedMetric;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.report.Pages;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.ResultIdentityJson;
import io.espalier.worker.report.TinySample;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class ResultIdentityTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant MADE = Instant.parse("2026-03-04T05:06:07Z");

  private static final ResultIdentity OF_A_RUN =
      new ResultIdentity(
          Optional.of("shop"),
          Optional.of("7"),
          Optional.of("edge"),
          OptionalLong.of(3),
          Optional.of("0123abcd"),
          MADE,
          "model-registered of shop@7",
          List.of(
              new ResultIdentity.GateFacts("accuracy: worse by 1 pp", Optional.of(true)),
              new ResultIdentity.GateFacts("bytes: too many", Optional.of(false)),
              new ResultIdentity.GateFacts("f1: decided after stage 2", Optional.empty())),
          Optional.of(
              new BudgetForecast(
                  Map.of("flops", "73%"),
                  List.of(
                      new GatedMetric(
                          "accuracy",
                          "fraction",
                          OptionalDouble.of(0.9),
                          OptionalDouble.of(0.875),
                          true)),
                  BudgetForecast.Basis.CURVE)),
          "ef56",
          Optional.of("0.13.0"));

  private static final ResultIdentity BY_HAND =
      new ResultIdentity(
          Optional.of("dir<script>"),
          Optional.empty(),
          Optional.of("edge"),
          OptionalLong.empty(),
          Optional.empty(),
          MADE,
          "espalier optimize --model 'a b'",
          List.of(),
          Optional.empty(),
          "ef56",
          Optional.empty());

  @TempDir Path directory;

  @BeforeEach
  void write() {
    Reports.write(directory, TinySample.report());
  }

  private Document page() throws Exception {
    return Pages.parse(Files.readString(directory.resolve(Reports.HTML)));
  }

  /** Returns what the list at the top says, by what it is of. */
  private Map<String, String> facts() throws Exception {
    Element list = Pages.all(page(), "dl", "identity").get(0);
    var facts = new LinkedHashMap<String, String>();
    for (int i = 0; i < list.getElementsByTagName("dt").getLength(); i++) {
      facts.put(
          list.getElementsByTagName("dt").item(i).getTextContent(),
          list.getElementsByTagName("dd").item(i).getTextContent().strip());
    }
    return facts;
  }

  @Test
  void the_page_says_at_the_top_which_run_made_the_result() throws Exception {
    Reports.identify(directory, OF_A_RUN);

    assertThat(Pages.all(page(), "h1").get(0).getTextContent()).isEqualTo("shop@7, pruned");
    assertThat(Pages.all(page(), "title").get(0).getTextContent()).isEqualTo("shop@7, pruned");
    assertThat(facts())
        .containsEntry("policy", "edge#3")
        .containsEntry("run", "0123abcd")
        .containsEntry("made", "4 March 2026, 05:06:07 UTC")
        .containsEntry("by", "model-registered of shop@7")
        .containsEntry("Espalier", "0.13.0")
        .containsEntry("model that went in", "ab12")
        .containsEntry("model that came out", "ef56");
    assertThat(Pages.all(page(), "div", "better"))
        .extracting(Element::getTextContent)
        .containsExactly("✓ accuracy: worse by 1 pp");
    assertThat(Pages.all(page(), "div", "worse"))
        .extracting(Element::getTextContent)
        .containsExactly("✗ bytes: too many");
    assertThat(facts().get("gates"))
        .contains("f1: decided after stage 2", "foretold to pass: flops=73% (accuracy 87.50 %)");
  }

  @Test
  void the_json_says_the_gates_and_the_budget_foretold_to_pass() throws Exception {
    Reports.identify(directory, OF_A_RUN);

    JsonNode identity =
        JSON.readTree(directory.resolve(Reports.JSON).toFile()).path(ResultIdentityJson.KEY);
    assertThat(identity.at("/gates/0/passed").booleanValue()).isTrue();
    assertThat(identity.at("/gates/1/passed").booleanValue()).isFalse();
    assertThat(identity.at("/gates/2").has("passed")).isFalse();
    assertThat(identity.at("/forecast/constraints/flops").asText()).isEqualTo("73%");
    assertThat(identity.at("/forecast/metrics/accuracy").asDouble()).isEqualTo(0.875);
    assertThat(identity.at("/forecast/basis").asText()).isEqualTo("curve");
  }

  @Test
  void what_does_not_exist_is_left_out_and_names_are_only_text() throws Exception {
    Reports.identify(directory, BY_HAND);

    assertThat(facts()).doesNotContainKeys("run", "Espalier", "gates").containsKey("by");
    assertThat(Pages.all(page(), "h1").get(0).getTextContent()).isEqualTo("dir<script>, pruned");
    assertThat(Pages.all(page(), "script")).isEmpty();
    JsonNode identity =
        JSON.readTree(directory.resolve(Reports.JSON).toFile()).path(ResultIdentityJson.KEY);
    assertThat(identity.properties())
        .extracting(Map.Entry::getKey)
        .containsExactly("model", "policy", "made", "cause", "gates", "rootDigest");
  }

  @Test
  void the_rest_of_the_page_and_of_the_json_stays_as_it_was() throws Exception {
    String before = Files.readString(directory.resolve(Reports.HTML));
    JsonNode facts = JSON.readTree(directory.resolve(Reports.JSON).toFile());

    Reports.identify(directory, OF_A_RUN);

    String after = Files.readString(directory.resolve(Reports.HTML));
    String rest = before.substring(before.indexOf("<!-- end of masthead -->"));
    assertThat(after).endsWith(rest);
    var expected = (ObjectNode) facts;
    JsonNode found = JSON.readTree(directory.resolve(Reports.JSON).toFile());
    expected.set(ResultIdentityJson.KEY, found.path(ResultIdentityJson.KEY));
    assertThat(found).isEqualTo(expected);
    assertThat(found.at("/identity/policy/generation").longValue()).isEqualTo(3);
    assertThat(found.at("/identity/made").asText()).isEqualTo("2026-03-04T05:06:07Z");
  }

  @Test
  void another_run_takes_the_place_of_the_one_that_was_told() throws Exception {
    Reports.identify(directory, OF_A_RUN);
    Reports.identify(directory, BY_HAND);
    String twice = Files.readString(directory.resolve(Reports.HTML));

    Reports.write(directory, TinySample.report());
    Reports.identify(directory, BY_HAND);

    assertThat(twice).isEqualTo(Files.readString(directory.resolve(Reports.HTML)));
  }

  @Test
  void who_made_a_result_and_when_does_not_change_its_digest() throws Exception {
    Files.writeString(directory.resolve("config.json"), "{}");
    String before = Manifest.of(directory).rootDigest();

    Reports.identify(directory, OF_A_RUN);

    assertThat(Manifest.of(directory).rootDigest()).isEqualTo(before);
  }

  @Test
  void a_result_without_a_report_stays_without() {
    Path empty = directory.resolve("empty");

    Reports.identify(empty, OF_A_RUN);

    assertThat(empty).doesNotExist();
  }
}
