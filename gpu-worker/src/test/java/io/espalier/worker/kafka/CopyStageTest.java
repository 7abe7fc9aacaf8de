package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.ArtifactReference;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageCommand;
import io.espalier.event.StageSpec;
import io.espalier.event.StageSucceeded;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.schemas.stage.StageDeclarations;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.StoreMarker;
import io.espalier.worker.copy.CopyStage;
import io.espalier.worker.copy.CopyStageProcess;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.kafka.work.InputRules;
import io.espalier.worker.kafka.work.PreparedStage;
import io.espalier.worker.kafka.work.SlotEquipment;
import io.espalier.worker.kafka.work.StageRunner;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.job.ChildJvm;
import io.espalier.worker.stage.job.ChildSettings;
import io.espalier.worker.stage.job.DiskSpace;
import io.espalier.worker.stage.job.WorkerHome;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kind of stage of package {@code copy}, from the policy to the event of its success. */
final class CopyStageTest {
  @TempDir Path folder;

  private final Stop stop = new Stop();
  private WorkerHome home;
  private int others;

  @BeforeEach
  void a_model_and_its_teacher() throws IOException {
    for (String model : List.of("input", "teacher", "other")) {
      Files.createDirectories(folder.resolve(model));
      Files.writeString(folder.resolve(model).resolve("config.json"), model);
    }
    StoreMarker.write(folder.resolve("store").toUri());
    home = WorkerHome.open(folder.resolve("work"), "gpu");
  }

  @AfterEach
  void end() {
    home.close();
  }

  @Test
  void a_stage_that_a_policy_names_is_done_in_a_child_with_its_teacher_and_its_settings()
      throws IOException {
    StageSucceeded success = perform(command("{ copies: 2 }", "teacher", digest("teacher")));

    Path output = Path.of(URI.create(success.getOutput().getUri()));
    assertThat(output.resolve("config.json")).hasContent("input");
    assertThat(output.resolve("2-config.json")).hasContent("input");
    assertThat(success.getReport().getAlgorithm()).isEqualTo("copy");
    assertThat(success.getReport().getChange()).isEqualTo(Map.of("copies", "2"));
    assertThat(success.getReport().getMetrics())
        .extracting(metric -> metric.getName() + " " + metric.getAfter())
        .containsExactly("bytes 10.0", "teacherBytes 7.0");
  }

  @Test
  void the_result_of_another_teacher_is_another_one() throws IOException {
    StageSucceeded first = perform(command("{}", "teacher", null));
    StageSucceeded again = perform(elsewhere(command("{}", "teacher", null)));
    StageSucceeded other = perform(elsewhere(command("{}", "other", null)));

    assertThat(first.getReport().getCost().getCached()).isFalse();
    assertThat(again.getReport().getCost().getCached()).isTrue();
    assertThat(other.getReport().getCost().getCached()).isFalse();
  }

  @Test
  void a_teacher_that_is_not_what_it_should_be_is_refused() throws IOException {
    assertThatThrownBy(() -> perform(command("{}", "teacher", "ab".repeat(32))))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("wanted root digest abab");
    assertThatThrownBy(() -> perform(command("{}", "../elsewhere", null)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("references.teacher.uri");
    StageCommand alone = command("{}", "teacher", null);
    alone.setReferences(Map.of());
    assertThatThrownBy(() -> perform(alone))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("references.teacher: stage kind copy needs this model");
  }

  @Test
  void a_teacher_counts_for_the_disk_as_its_kind_says() throws IOException {
    long input = 5;
    long teacher = 7;
    StageCommand command = command("{}", "teacher", null);

    assertThatThrownBy(() -> perform(command, new DiskSpace(any -> 3 * input + teacher - 1)))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("wanted 22 bytes for stage kind copy");
    assertThat(perform(command, new DiskSpace(any -> 3 * input + teacher)).getOutput().getBytes())
        .isEqualTo(input);
  }

  private StageSucceeded perform(StageCommand command) {
    return perform(command, new DiskSpace());
  }

  private StageSucceeded perform(StageCommand command, DiskSpace space) {
    var child =
        new ChildJvm(
            ChildSettings.of(64, 1)
                .withMainClass(CopyStageProcess.class.getName())
                .withOptions(List.of("-XX:TieredStopAtLevel=1")),
            space);
    List<Path> roots =
        List.of(folder.resolve("input"), folder.resolve("teacher"), folder.resolve("other"));
    var runner =
        new StageRunner(
            home,
            new InputRules(InputRoots.of(roots), FileListing.Limits.STANDARD),
            new SlotEquipment(child, CopyStageProcess.stages(), "test, 1 thread"),
            new DiskSpace());
    try (PreparedStage prepared = runner.prepare(command, stop)) {
      return runner.perform(prepared, Progress.Listener.NONE, stop);
    }
  }

  /** The command that a coordinator writes for the stage of a policy. */
  private StageCommand command(String settings, String teacher, @Nullable String digest) {
    StageSpec stage = policy(settings).getStages().get(0);
    return StageCommands.in(folder)
        .setKind(stage.getKind())
        .setKindName(stage.getKindName())
        .setSpec(stage.getSpec())
        .setReferences(
            Map.of(
                "teacher",
                new ArtifactReference(folder.resolve(teacher).toUri().toString(), digest, null)))
        .build();
  }

  private StageCommand elsewhere(StageCommand command) {
    command.setRunId("run-2");
    command.setOutputUri(folder.resolve("store/run-2-" + ++others).toUri().toString());
    return command;
  }

  private static PruningPolicy policy(String settings) {
    String text =
        """
        apiVersion: espalier.io/v1
        kind: PruningPolicy
        metadata: { name: copies }
        spec: { match: {}, stages: [ { copy: %s } ] }
        """
            .formatted(settings);
    StageDeclarations stages = StageDeclarations.standard().and(CopyStage.COPY);
    return PolicyFile.parse("copies.yaml", text, stages).orThrow().get(0).toAvro(1);
  }

  private String digest(String model) {
    return Manifest.of(folder.resolve(model), StopCheck.NEVER).rootDigest();
  }
}
