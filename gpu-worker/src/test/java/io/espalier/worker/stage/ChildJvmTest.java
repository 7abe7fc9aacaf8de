package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChildJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private final ChildJvm child =
      new ChildJvm(
          ChildSettings.of(64, 1)
              .withMainClass(TestStageProcess.class.getName())
              .withOptions(List.of("-XX:TieredStopAtLevel=1")));
  private final List<Progress> heard = new CopyOnWriteArrayList<>();
  private final Stop stop = new Stop();

  @BeforeEach
  void a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
  }

  @Test
  void a_success_brings_the_report_the_progress_and_the_cost() {
    StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");

    StageResult result = child.run(job, heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
    assertThat(result.cached()).isFalse();
    assertThat(result.wallMillis()).isPositive();
    assertThat(result.peakMemoryBytes().orElseThrow()).isBetween(10L << 20, 2L << 30);
    assertThat(heard)
        .containsExactly(
            new Progress("search", 1, 2, Map.of("loss", Double.NaN)), Progress.of("search", 2, 2));
    assertThat(job.output().resolve("config.json")).hasContent("model pruned 7");
    assertThat(folder).isDirectoryNotContaining("glob:**.child");
  }

  @Test
  void a_warm_child_has_loaded_everything_before_its_job_comes() {
    try (WarmChild warm = child.warm(folder)) {
      await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));
      StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");

      StageResult result = child.run(job, Optional.of(warm), heard::add, stop);

      assertThat(result.report()).isEqualTo(TestStageProcess.report());
      assertThat(result.startMillis()).isLessThan(result.wallMillis());
      assertThat(job.output().resolve("config.json")).hasContent("model pruned 7");
      assertThat(warm.isWaiting()).isFalse();
    }
  }

  @Test
  void the_start_of_a_cold_child_is_counted() {
    StageResult result = child.run(job(folder, StageKind.PRUNE, "\"succeed\""), heard::add, stop);

    assertThat(result.startMillis()).isBetween(10L, result.wallMillis()); // a JVM takes longer
  }

  @Test
  void a_warm_child_that_is_not_needed_ends() {
    WarmChild warm = child.warm(folder);
    await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));

    warm.close();

    await().atMost(PATIENCE).until(() -> !warm.isWaiting());
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void a_warm_child_that_died_while_it_waited_is_replaced() {
    WarmChild dead = child.warm(folder);
    dead.close();
    await().atMost(PATIENCE).until(() -> !dead.isWaiting());

    StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");
    StageResult result = child.run(job, Optional.of(dead), heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
  }

  @Test
  void a_warm_child_ends_with_its_supervisor_as_well() throws IOException {
    Process parent = parent("warm");
    await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("pids")));
    List<ProcessHandle> processes = processes(folder.resolve("pids"));

    parent.destroyForcibly();

    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void a_refusal_arrives_with_every_problem() {
    var refusal = catchThrowableOfType(InvalidInputException.class, () -> run("\"two problems\""));

    assertThat(refusal.problems()).containsExactly("first problem", "second problem");
    assertThat(heard).isEmpty();
  }

  @Test
  void a_stage_that_may_fill_the_disk_is_not_begun() throws IOException {
    Files.writeString(folder.resolve("input/weights"), "1234");
    var full = new ChildJvm(child.settings(), new DiskSpace(any -> 29)); // the input has 6 + 4

    assertThatThrownBy(() -> full.run(job(folder, StageKind.PRUNE, "{}"), heard::add, stop))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("wanted 30 bytes")
        .hasMessageContaining("29 are free")
        .extracting(e -> ((WorkerException) e).retryable())
        .isEqualTo(true);
    assertThat(heard).isEmpty();
  }

  @Test
  void just_enough_disk_space_is_enough() {
    var nearlyFull = new ChildJvm(child.settings(), new DiskSpace(any -> 18));

    StageResult result = nearlyFull.run(job(folder, StageKind.PRUNE, "{}"), heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
  }

  @Test
  void an_infeasible_constraint_arrives_with_its_figures() {
    var refusal = catchThrowableOfType(InfeasibleException.class, () -> run("\"infeasible\""));

    assertThat(refusal.constraint()).isEqualTo("flops");
    assertThat(refusal.bound()).isEqualTo(10);
    assertThat(refusal.smallest()).isEqualTo(48_661_760);
    assertThat(refusal).hasMessage("out of reach");
  }

  @Test
  void a_failure_keeps_whether_it_is_worth_another_attempt() {
    var failure = catchThrowableOfType(WorkerException.class, () -> run("\"fail for good\""));

    assertThat(failure).hasMessage("no way").isExactlyInstanceOf(WorkerException.class);
    assertThat(failure.retryable()).isFalse();
  }

  @Test
  void a_bug_in_a_stage_is_told_with_its_cause_and_place() {
    assertThatThrownBy(() -> run("\"have a bug\""))
        .isExactlyInstanceOf(WorkerException.class)
        .hasMessageContaining("IllegalStateException: a bug at")
        .hasMessageContaining("TestStageProcess");
  }

  @Test
  void a_kind_without_a_stage_is_refused_with_the_kinds_that_there_are() {
    assertThatThrownBy(() -> child.run(job(folder, StageKind.EXPORT, "{}"), heard::add, stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("EXPORT")
        .hasMessageContaining("[PRUNE, EVALUATE]");
  }

  @Test
  void a_native_abort_is_a_lack_of_resources_and_brings_the_last_words() {
    var failure = catchThrowableOfType(ResourceException.class, () -> run("\"abort\""));

    assertThat(failure)
        .hasMessageContaining("exit code 134")
        .hasMessageContaining("libtorch: terminate called");
    assertThat(failure.retryable()).isTrue();
  }

  @Test
  void an_exhausted_heap_is_a_lack_of_resources() {
    assertThatThrownBy(() -> run("\"exhaust the heap\""))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("Java heap exhausted");
  }

  @Test
  void stopping_ends_the_whole_process_tree() throws IOException {
    var running = CompletableFuture.runAsync(() -> run("\"never end\""));
    List<ProcessHandle> processes = childOf(folder);

    stop.request(Stop.Reason.CANCELLED, "not wanted any more");

    assertThatThrownBy(running::join)
        .hasCauseInstanceOf(StoppedException.class)
        .hasMessageContaining("not wanted any more");
    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void a_stop_before_the_start_starts_nothing() {
    stop.request(Stop.Reason.DEADLINE, "too late");

    assertThatThrownBy(() -> run("\"succeed\"")).isInstanceOf(StoppedException.class);
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void a_child_does_not_outlive_its_supervisor() throws IOException {
    Process parent = parent("run");
    List<ProcessHandle> processes = childOf(folder);

    parent.destroyForcibly();

    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  private Process parent(String what) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            ParentProcess.class.getName(),
            folder.toString(),
            what)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("parent.log").toFile())
        .start();
  }

  private void run(String spec) {
    child.run(job(folder, StageKind.PRUNE, spec), heard::add, stop);
  }

  static StageJob job(Path folder, StageKind kind, String spec) {
    return new StageJob(
        "run-1",
        0,
        1,
        kind,
        spec,
        folder.resolve("input"),
        folder.resolve("output"),
        folder.resolve("checkpoints"),
        Map.of("train", URI.create("file:///data/train.bin?split=train")),
        7);
  }

  private static List<ProcessHandle> childOf(Path folder) throws IOException {
    Path pids = folder.resolve("checkpoints/pids");
    await().atMost(PATIENCE).until(() -> Files.exists(pids));
    return processes(pids);
  }

  private static List<ProcessHandle> processes(Path pids) throws IOException {
    return Files.readAllLines(pids).stream()
        .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
        .toList();
  }
}
