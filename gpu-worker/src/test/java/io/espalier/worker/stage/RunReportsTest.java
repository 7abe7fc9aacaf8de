package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportsTest {
  private static final Instant NOW = Instant.parse("2026-03-04T05:06:07.891Z");

  @TempDir Path directory;

  private final RunReports reports = new RunReports(() -> NOW);

  private RunOrigin origin(String policy) {
    var job =
        new StageJob(
            "run-9", 1, 2, StageKind.PRUNE, "{}", directory, directory, directory, Map.of(), 7);
    return new RunOrigin("shop", "7", policy, 3, job);
  }

  private static JsonNode identity(Path in) throws IOException {
    return new ObjectMapper().readTree(in.resolve("report.json").toFile()).path("identity");
  }

  @Test
  void a_report_says_its_run_in_words_and_the_second_it_was_made() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");

    reports.complete(directory, origin("edge"), "ab12");

    JsonNode identity = identity(directory);
    assertThat(identity.path("made").asText()).isEqualTo("2026-03-04T05:06:07Z");
    assertThat(identity.path("cause").asText())
        .isEqualTo("model-registered event of shop@7: stage 2, attempt 2");
    assertThat(identity.path("gates")).isEmpty();
    assertThat(identity.has("espalier")).as("not packaged").isFalse();
  }

  @Test
  void copies_are_completed_and_what_was_published_stays() throws IOException {
    Files.writeString(directory.resolve("report.json"), "{\"format\":1}");
    Path copies = directory.resolve("copies/of");

    reports.completeCopies(directory, copies, origin(""), "ab12");

    assertThat(directory.resolve("report.json")).hasContent("{\"format\":1}");
    assertThat(identity(copies).path("run").asText()).isEqualTo("run-9");
    assertThat(identity(copies).has("policy")).isFalse();
    assertThat(copies.resolve("report.html")).doesNotExist();
  }
}
