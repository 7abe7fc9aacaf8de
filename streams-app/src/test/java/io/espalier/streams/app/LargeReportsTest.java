package io.espalier.streams.app;

import static io.espalier.streams.app.Driven.model;
import static io.espalier.streams.app.Driven.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.Artifact;
import io.espalier.event.ArtifactFile;
import io.espalier.event.FailureKind;
import io.espalier.event.ModelRejected;
import io.espalier.event.PrunedModel;
import io.espalier.event.RejectionReason;
import io.espalier.event.Run;
import io.espalier.event.StageCommand;
import io.espalier.event.StageCost;
import io.espalier.event.StageFailed;
import io.espalier.event.StageReport;
import io.espalier.event.StageSucceeded;
import io.espalier.fact.ChangeFacts;
import io.espalier.schemas.FactsMapping;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that long reports of workers fit into all that is later told of the run. */
final class LargeReportsTest {
  private static final int MOST_REPORT = 256 * 1024;
  private static final int MOST_MESSAGE = 16 * 1024;

  /** A file counts 40, 64 digits and its path: 3,449 of these are just below 1 MiB. */
  private static final int PATH_CHARACTERS = 200;

  private static final int MOST_FILES = 3449;

  @TempDir private Path directory;
  private Driven driven;
  private StageCommand command;

  @BeforeEach
  void start() {
    driven = new Driven(directory);
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    command = driven.commands().get(0);
  }

  @AfterEach
  void stop() {
    driven.close();
  }

  @Test
  void a_report_of_more_than_256_KiB_fails_the_run_for_good() {
    succeeded(Driven.published(command), report(MOST_REPORT + 1));

    ModelRejected rejected = driven.rejected().get(0).value();
    assertThat(rejected.getReason()).isEqualTo(RejectionReason.FAILED);
    assertThat(rejected.getMessage()).contains("the worker's report of the stage has");
    assertThat(driven.pruned()).isEmpty();
    assertThat(driven.commands()).isEmpty();
  }

  @Test
  void a_report_of_256_KiB_is_published_as_it_is() {
    StageReport report = report(MOST_REPORT);

    succeeded(Driven.published(command), report);

    PrunedModel pruned = driven.pruned().get(0).value();
    assertThat(pruned.getStages().get(0).getReport()).isEqualTo(report);
    assertThat(driven.rejected()).isEmpty();
  }

  @Test
  void a_list_of_files_of_more_than_1_MiB_is_left_out_and_the_rest_is_published() {
    Artifact artifact = artifact(MOST_FILES + 1);

    succeeded(artifact, report(100));

    Artifact published = driven.pruned().get(0).value().getArtifact();
    assertThat(published.getFiles()).isEmpty();
    assertThat(published.getFileCount()).isEqualTo(MOST_FILES + 1);
    assertThat(published.getUri()).isEqualTo(artifact.getUri());
    assertThat(published.getRootDigest()).isEqualTo(artifact.getRootDigest());
    assertThat(published.getBytes()).isEqualTo(artifact.getBytes());
    assertThat(driven.rejected()).isEmpty();
  }

  @Test
  void a_list_of_files_of_less_than_1_MiB_is_published() {
    Artifact artifact = artifact(MOST_FILES);

    succeeded(artifact, report(100));

    assertThat(driven.pruned().get(0).value().getArtifact()).isEqualTo(artifact);
  }

  @Test
  void a_failure_s_message_of_a_million_characters_is_cut_wherever_it_is_told() {
    driven.runRecords();
    String message = "x".repeat(1_000_000);

    driven.report(command, "w1", new StageFailed(FailureKind.INTERNAL, message, false));

    List<TestRecord<String, Run>> runs = driven.runRecords();
    assertThat(runs).hasSize(1);
    assertCut(runs.get(0).value().getReason());
    assertCut(driven.rejected().get(0).value().getMessage());
  }

  private static void assertCut(String told) {
    assertThat(told).startsWith("x".repeat(MOST_MESSAGE) + "...").contains("characters in all");
    assertThat(told).hasSizeLessThan(MOST_MESSAGE + 100);
  }

  private void succeeded(Artifact artifact, StageReport report) {
    driven.report(command, "w1", new StageSucceeded(artifact, report));
  }

  /** A report that counts so many characters. */
  private static StageReport report(int size) {
    String value = "x".repeat(size - "fastnas".length() - "1".length() - "layers".length());
    return new StageReport(
        "fastnas",
        "1",
        Map.of("layers", value),
        List.of(),
        List.of(),
        new StageCost(5L, "cpu", null, false),
        null,
        FactsMapping.toAvro(ChangeFacts.NONE));
  }

  private Artifact artifact(int files) {
    List<ArtifactFile> list =
        IntStream.range(0, files)
            .mapToObj(
                i ->
                    new ArtifactFile(
                        ("%0" + PATH_CHARACTERS + "d").formatted(i), 1L, "ef".repeat(32)))
            .toList();
    Artifact usual = Driven.published(command);
    return new Artifact(
        usual.getUri(),
        usual.getRootDigest(),
        null,
        files * 1L,
        list,
        files,
        usual.getManifestUri());
  }
}
