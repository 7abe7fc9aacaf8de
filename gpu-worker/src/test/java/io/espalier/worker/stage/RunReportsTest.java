package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.gate.BudgetForecast;
import io.espalier.gate.Gate;
import io.espalier.gate.GateRule;
import io.espalier.gate.GatedMetric;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.store.Draft;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportsTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07.891Z");

  @TempDir Path directory;

  private final RunReports reports = new RunReports(() -> NOW);

  private static RunGates gates(int stages, GatedMetric... earlier) {
    return new RunGates(
        List.of(new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.03)), stages, List.of(earlier));
  }

  private RunOrigin origin(String policy, int stageIndex, RunGates gates) {
    var job =
        new StageJob(
            "run-9",
            stageIndex,
            2,
            StageKind.PRUNE,
            "{}",
            directory,
            directory,
            directory,
            Map.of(),
            7);
    return new RunOrigin("shop", "7", policy, 3, gates, job);
  }

  /** Returns what a stage says that lost 10 points of accuracy. */
  private static StageReport result() {
    return new StageReport("fastnas", "1", Map.of(), List.of(accuracy()), List.of(), "cpu");
  }

  private static Metric accuracy() {
    return new Metric(
        "accuracy",
        "fraction",
        OptionalDouble.of(0.9),
        OptionalDouble.of(0.8),
        true,
        Optional.of("file:///data"),
        OptionalLong.of(100));
  }

  private Optional<BudgetForecast> complete(RunOrigin origin) {
    return reports.complete(directory, origin, result(), Manifest.of(directory));
  }

  private static JsonNode identity(Path in) throws IOException {
    return new ObjectMapper().readTree(in.resolve("report.json").toFile()).path("identity");
  }

  @Test
  void a_report_says_its_run_in_words_and_the_second_it_was_made() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");

    complete(origin("edge", 1, new RunGates(List.of(), 0, List.of())));

    JsonNode identity = identity(directory);
    assertThat(identity.path("made").asText()).isEqualTo("2026-03-04T05:06:07Z");
    assertThat(identity.path("cause").asText())
        .isEqualTo("model-registered event of shop@7: stage 2, attempt 2");
    assertThat(identity.path("gates")).isEmpty();
    assertThat(identity.has("espalier")).as("not packaged").isFalse();
  }

  @Test
  void the_report_of_the_last_stage_says_how_the_whole_run_fares_at_the_gates() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");
    var before =
        new GatedMetric(
            "accuracy", "fraction", OptionalDouble.of(0.82), OptionalDouble.of(0.9), true);

    Optional<BudgetForecast> forecast = complete(origin("edge", 1, gates(2, before)));

    JsonNode gate = identity(directory).path("gates").path(0);
    assertThat(gate.path("words").asText())
        .isEqualTo("accuracy maxDegradation 3.00 pp: worse by 2.00 pp");
    assertThat(gate.path("passed").booleanValue()).isTrue();
    assertThat(forecast).isEmpty();
  }

  @Test
  void the_report_of_an_earlier_stage_says_what_will_be_asked() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");

    Optional<BudgetForecast> forecast = complete(origin("edge", 0, gates(2)));

    JsonNode gate = identity(directory).path("gates").path(0);
    assertThat(gate.path("words").asText())
        .isEqualTo("accuracy maxDegradation 3.00 pp: decided after stage 2, the last one");
    assertThat(gate.has("passed")).isFalse();
    assertThat(forecast).isEmpty();
  }

  @Test
  void a_result_that_misses_a_gate_says_which_budget_is_foretold_to_pass() throws IOException {
    Files.writeString(
        directory.resolve("report.json"),
        """
        {"model": {"name": "net"}, "setup": {"algorithm": "fastnas"}, "axes": [],
         "constraints": [{"quantity": "flops", "asked": "50%", "limit": 500, "reached": 500}],
         "metrics": [
           {"name": "flops", "unit": "count", "before": 1000, "after": 500,
            "higherIsBetter": false},
           {"name": "accuracy", "unit": "fraction", "before": 0.9, "after": 0.8,
            "higherIsBetter": true, "dataset": "file:///data"}]}
        """);

    Optional<BudgetForecast> forecast = complete(origin("edge", 0, gates(1)));

    // 3 of 10 points are 150 of 500 FLOPs saved
    assertThat(forecast.orElseThrow().constraints()).containsExactly(Map.entry("flops", "85%"));
    assertThat(identity(directory).at("/forecast/constraints/flops").asText()).isEqualTo("85%");
    assertThat(identity(directory).at("/gates/0/passed").booleanValue()).isFalse();
  }

  @Test
  void a_report_that_cannot_be_understood_foretells_nothing() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":0}");

    assertThat(complete(origin("edge", 0, gates(1)))).isEmpty();
    assertThat(identity(directory).at("/gates/0/passed").booleanValue()).isFalse();
  }

  @Test
  void copies_are_completed_and_what_was_published_stays() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");
    Path copies = directory.resolve("copies/of");
    Draft published = Draft.toCopy(directory, Manifest.of(directory));

    reports.completeCopies(published, copies, origin("", 0, gates(1)), result());

    assertThat(directory.resolve("report.json")).hasContent("{\"format\":1}");
    assertThat(identity(copies).path("run").asText()).isEqualTo("run-9");
    assertThat(identity(copies).has("policy")).isFalse();
    assertThat(identity(copies).at("/gates/0/passed").booleanValue()).isFalse();
    assertThat(copies.resolve("report.html")).doesNotExist();
  }
}
