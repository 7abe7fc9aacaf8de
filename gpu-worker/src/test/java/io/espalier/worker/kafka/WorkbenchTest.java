package io.espalier.worker.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.StageCommand;
import io.espalier.event.StageSucceeded;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.stage.ChildJvm;
import io.espalier.worker.stage.ChildSettings;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import io.espalier.worker.stage.TestStageProcess;
import io.espalier.worker.stage.WorkerHome;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WorkbenchTest {
  @TempDir Path folder;

  private final Stop stop = new Stop();
  private WorkerHome home;
  private Workbench bench;

  @BeforeEach
  void a_worker_and_a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
    home = WorkerHome.open(folder.resolve("work"), "gpu");
    var child =
        new ChildJvm(
            ChildSettings.of(64, 1)
                .withMainClass(TestStageProcess.class.getName())
                .withOptions(List.of("-XX:TieredStopAtLevel=1")));
    bench =
        new Workbench(home, new SlotEquipment(child, TestStageProcess.stages(), "test, 1 thread"));
  }

  @AfterEach
  void end() {
    home.close();
  }

  @Test
  void what_is_prepared_publishes_nothing_until_it_is_performed() {
    try (PreparedStage prepared = bench.prepare(command().build(), stop)) {
      assertThat(prepared.stored()).isEmpty();
      assertThat(prepared.child()).isPresent();
      assertThat(folder.resolve("store")).doesNotExist();

      StageSucceeded success = bench.perform(prepared, Progress.Listener.NONE, stop);

      assertThat(published(success).resolve("config.json")).hasContent("model pruned 7");
    }
    assertThat(home.jobs()).isEmptyDirectory();
  }

  @Test
  void what_is_prepared_and_given_up_leaves_nothing_behind() {
    PreparedStage prepared = bench.prepare(command().build(), stop);

    prepared.close();

    assertThat(home.jobs()).isEmptyDirectory();
    assertThat(folder.resolve("store")).doesNotExist();
  }

  @Test
  void a_stored_result_needs_no_process() {
    perform(command().build());

    try (PreparedStage again = bench.prepare(elsewhere(), stop)) {
      assertThat(again.stored()).isPresent();
      assertThat(again.child()).isEmpty();
      StageSucceeded success = bench.perform(again, Progress.Listener.NONE, stop);
      assertThat(success.getReport().getCost().getCached()).isTrue();
    }
  }

  @Test
  void a_result_that_was_stored_after_the_preparation_is_used() {
    try (PreparedStage early = bench.prepare(elsewhere(), stop)) {
      StageSucceeded first = perform(command().build());

      StageSucceeded second = bench.perform(early, Progress.Listener.NONE, stop);

      assertThat(second.getReport().getCost().getCached()).isTrue();
      assertThat(second.getOutput().getRootDigest()).isEqualTo(first.getOutput().getRootDigest());
    }
  }

  @Test
  void a_stop_before_it_is_prepared_prepares_nothing() {
    stop.request(Stop.Reason.CANCELLED, "not wanted");

    assertThatThrownBy(() -> bench.prepare(command().build(), stop))
        .isInstanceOf(StoppedException.class);
    assertThat(home.jobs()).doesNotExist();
  }

  private StageSucceeded perform(StageCommand command) {
    try (PreparedStage prepared = bench.prepare(command, stop)) {
      return bench.perform(prepared, Progress.Listener.NONE, stop);
    }
  }

  private StageCommand.Builder command() {
    return StageCommands.in(folder);
  }

  private StageCommand elsewhere() {
    return command()
        .setRunId("run-2")
        .setResumeKey("run-2/0")
        .setOutputUri(folder.resolve("store/run-2").toUri().toString())
        .build();
  }

  private static Path published(StageSucceeded success) {
    return Path.of(URI.create(success.getOutput().getUri()));
  }
}
